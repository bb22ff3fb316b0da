"""Which figures are drawn, and that each shows the images, classes and texts it should."""

import types

import numpy as np
import pytest

from app.measuring import illustrate
from app.metrics.evaluation import scores_of
from app.metrics.feature_pass import FeaturePass

CLASSES = ("cat", "dog", "ship")


class Encoder:
    """Image k of brightness k is embedded as axis k, and so is text k."""

    name, digest, dimension = "encoder", "e", 3

    def __call__(self, images):
        return np.eye(3, dtype="f4")[np.minimum(images[:, 0, 0, 0], 2)]

    def embed_text(self, texts):
        return np.eye(3)[[CLASSES.index(text.split()[-1]) for text in texts]]


@pytest.fixture
def drawn(monkeypatch):
    """What each figure was asked to draw, by the name of its function."""
    found = {}

    def keep(name):
        return lambda *content: found.update({name: content[:-1]})

    for name in ("captioned", "neighbours", "similarity"):
        monkeypatch.setattr(illustrate, f"{name}_figure", keep(name))
    return found


def run(folder):
    return types.SimpleNamespace(path=folder.joinpath)


def of_brightness(values):
    return np.broadcast_to(np.array(values, "uint8")[:, None, None, None], (len(values), 4, 4, 1))


def seen(**fields):
    """Two cats, three dogs of which one looks like a cat, no ship."""
    images = of_brightness([0, 0, 1, 1, 0])
    reference = of_brightness([0, 1, 2, 1, 0, 2, 2])
    labels = np.array([0, 0, 1, 1, 1])
    prompts = [f"a photo of a {name}" for name in CLASSES]
    return FeaturePass(images, reference, Encoder(), labels=labels, prompts=prompts, **fields)


def test_an_image_text_encoder_gives_heatmap_and_similarities_as_captions(drawn, tmp_path):
    found = seen()
    names = illustrate.illustrate(run(tmp_path), found, scores_of(found, ["image_text"]), CLASSES)
    assert names == ["samples", "similarity"]
    table, classes, prompts = drawn["similarity"]
    np.testing.assert_allclose(table[0], [1, 0, 0])
    np.testing.assert_allclose(table[1], [1 / 3, 2 / 3, 0])
    assert np.isnan(table[2]).all()
    assert classes == CLASSES and prompts[1] == "a photo of a dog"
    images, captions = drawn["captioned"]
    assert captions == ["cat 1.00", "cat 1.00", "dog 1.00", "dog 1.00", "dog: cat 1.00"]
    np.testing.assert_array_equal(images, found.images)


def test_neighbours_are_training_images(drawn, tmp_path):
    found = seen(training=of_brightness([2, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1]))
    scores = scores_of(found, ["nearest"])
    names = illustrate.illustrate(run(tmp_path), found, scores, CLASSES)
    assert names == ["samples", "nearest"]
    images, neighbours = drawn["neighbours"]
    assert neighbours.shape == (5, 5, 4, 4, 1)
    np.testing.assert_array_equal(neighbours[:, :, 0, 0, 0], images[:, 0, 0] * np.ones(5))
    assert drawn["captioned"][1] == ["cat", "cat", "dog", "dog", "dog"]
