"""Any metric by name among the numbers of a plain `fit`."""

import keras
import numpy as np
import pytest
from scipy import linalg

from app.metrics.features import ImageTextFeatures
from app.metrics.features.pixels import Pixels
from app.metrics.model_score import ModelScore
from callbacks import FrechetLogger
from tests.callbacks.models import Then

RANDOM = np.random.default_rng(0)
NOISE = RANDOM.normal(size=(60, 4)).astype("float32")
RAMP = np.linspace(50, 200, 12).reshape(3, 4, 1)
REAL = (RAMP + 30 * RANDOM.normal(size=(80, 3, 4, 1))).clip(0, 255).astype("uint8")


def draw(model):
    return (255 * np.asarray(model.predict(NOISE, verbose=0))).clip(0, 255).astype("uint8")


def generator():
    """Noise to images; any Keras model will do."""
    keras.utils.set_random_seed(1)
    layers = [keras.Input((4,)), keras.layers.Dense(12), keras.layers.Reshape((3, 4, 1))]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.Adam(0.1), loss="mse")
    return model


def frechet_by_scipy(images):
    rows, real = (each.reshape(len(each), -1) / 255 for each in (images, REAL))
    first, second = np.cov(rows.T), np.cov(real.T)
    root = linalg.sqrtm(first @ second).real
    gap = rows.mean(0) - real.mean(0)
    return gap @ gap + np.trace(first + second - 2 * root)


def cmmd_by_hand(images):
    rows, real = (each.reshape(len(each), -1) / 255 for each in (images, REAL))
    rows, real = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (rows, real))

    def kernel(left, right):
        return np.exp(-((left[:, None] - right) ** 2).sum(-1) / 200).mean()

    return 1000 * (kernel(rows, rows) + kernel(real, real) - 2 * kernel(rows, real))


class Counted(Pixels):
    """Says how many images passed."""

    passed = 0

    def __call__(self, images):
        self.passed += len(images)
        return super().__call__(images)


def test_metrics_by_name_in_a_plain_fit():
    drawn, judge = [], Counted((3, 4, 1))
    score = ModelScore(["fid", "kid", "cmmd"], draw, REAL, judge)
    look = Then(lambda model, epoch, logs: drawn.append(draw(model)))
    model = generator()
    targets = REAL[:60].astype("float32") / 255
    logger = FrechetLogger(score, every=2)
    history = model.fit(NOISE, targets, epochs=4, verbose=0, callbacks=[logger, look]).history
    scored = [drawn[0], drawn[1], drawn[3]]  # epochs 1, 2 and 4
    np.testing.assert_allclose(history["fid"], [frechet_by_scipy(each) for each in scored], 1e-4)
    np.testing.assert_allclose(history["cmmd"], [cmmd_by_hand(each) for each in scored], 1e-4)
    assert len(history["kid"]) == 3 and history["kid"][-1] < history["kid"][0]
    black = 1  # image an epoch, for the far end of "fid"
    assert judge.passed == len(REAL) + 3 * (len(NOISE) + black)


def test_a_name_alone_and_what_it_lacks():
    score = ModelScore("psnr", draw, REAL, Pixels((3, 4, 1)))
    assert {"psnr", "psnr_black"} <= set(score(generator()))
    with pytest.raises(ValueError, match="No metric is called 'fud'"):
        ModelScore("fud", draw, REAL, Pixels((3, 4, 1)))
    with pytest.raises(ValueError, match="'image_text' cannot be computed.*one text a class"):
        ModelScore("image_text", draw, REAL, ImageTextFeatures())


def test_floats_are_clipped_and_psnr_says_what_that_hides():
    wild = REAL[:60] + RANDOM.normal(0, 200, (60, 3, 4, 1))
    pixels = np.floor(wild + 0.5).clip(0, 255).astype("uint8")
    found, expected = (
        ModelScore(["psnr", "fid"], lambda model, images=images: images, REAL, Pixels((3, 4, 1)))(0)
        for images in (wild, pixels)
    )
    raw = found.pop("psnr_unclipped")
    assert found == expected and raw < found["psnr"] - 1


def test_labels_and_texts_reach_the_metric():
    score = ModelScore(
        "image_text",
        draw,
        REAL,
        ImageTextFeatures(),
        held_out=REAL[:30].copy(),
        labels=np.arange(60) % 2,
        prompts=["a photo of a cat", "a photo of a dog"],
    )
    found = score(generator())
    assert {"matching_accuracy", "intended_similarity", "clip_score"} <= set(found)
    assert 0 <= found["matching_accuracy"] <= 1
