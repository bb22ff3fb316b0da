import json
from pathlib import Path

import numpy as np
import pytest
from keras import ops
from safetensors.numpy import save_file

from app.diffusion.compiled import compiled
from app.errors import UserError
from app.metrics.features import EXTRACTORS, extractor
from app.metrics.features.align import AlignFeatures, prepare
from app.metrics.features.align_text import TextNetwork
from app.metrics.features.align_vision import VisionNetwork
from app.metrics.features.align_weights import load_align
from tests.app.metrics.features.align_tensors import (
    CONFIG,
    TEXTS,
    VOCABULARY,
    random_pixels,
    random_tensors,
)
from tests.app.metrics.features.inception_tensors import random_images

# transformers 5.24.0 on torch 2.13.0, make_align_fixture.py.
GOLDEN = np.load(Path(__file__).parent / "fixtures/align.npz")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The weights of the golden numbers, as transformers saves them."""
    folder = tmp_path_factory.mktemp("align")
    shapes = json.loads(str(GOLDEN["shapes"]))
    tensors = random_tensors({n: s for n, s in shapes.items() if "num_batches" not in n})
    save_file(tensors, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def align(folder):
    return extractor("align", weights=folder, batch_size=2)


@pytest.mark.parametrize("size", [(64, 64), (65, 49)])
def test_images_equal_transformers(folder, size):
    _, tensors, _, config = load_align(folder)
    network = VisionNetwork(tensors, config["vision_config"])
    found = ops.convert_to_numpy(compiled(network, network.variables)(random_pixels(*size)))
    expected = GOLDEN["image_{}_{}".format(*size)]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def test_texts_equal_transformers(align):
    # The golden rows differ by far more than the tolerance: no text stands for another.
    expected = GOLDEN["text"]
    assert align.pieces.length == 20
    np.testing.assert_allclose(align.embed_text(TEXTS), expected, rtol=0, atol=1e-5)
    distances = np.abs(expected[:, None] - expected).max(-1) + np.eye(len(TEXTS))
    assert distances.min() > 1e-2


def test_padding_changes_nothing(folder):
    _, _, tensors, config = load_align(folder)
    network = TextNetwork(tensors, config["text_config"])
    short = compiled(network, network.variables)(
        GOLDEN["tokens"][:1, :7], np.ones((1, 7), "float32")
    )
    np.testing.assert_allclose(ops.convert_to_numpy(short), GOLDEN["text"][:1], atol=1e-5)


@pytest.mark.parametrize("size", [(500, 421), (32, 50)])
def test_preprocessing_equals_that_of_transformers(size):
    # Pillow rounds to whole pixels twice, we never do: one level is 2 / 255.
    images = random_images(*size, count=1)
    found = ops.convert_to_numpy(prepare(images))
    assert found.shape == (1, 289, 289, 3)
    expected = GOLDEN["pixels_{}_{}".format(*size)]
    difference = found[0, ::16, ::16] - expected
    assert np.abs(difference).max() <= 1.01 * 2 / 255
    assert np.sqrt(np.mean(difference**2)) <= 0.5 * 2 / 255


def test_features_do_not_depend_on_the_batch(align):
    images = random_images(40, 30, count=3)
    found = align(images)
    assert found.shape == (3, align.dimension) == (3, 80) and found.dtype == np.float32
    np.testing.assert_allclose(align(images[2:]), found[2:], atol=1e-6)
    assert np.abs(found[0] - found[1]).max() > 1e-3
    np.testing.assert_array_equal(align.embed_text(TEXTS[2:3])[0], align.embed_text(TEXTS)[2])


def test_call_equals_embed(align):
    images = random_images(40, 30, count=1)
    embed = compiled(align.embed, align.vision.variables)
    embedded = embed(images.astype("float32"))
    np.testing.assert_allclose(ops.convert_to_numpy(embedded), align(images), atol=1e-5)


def test_nothing_in_nothing_out(align):
    assert align(np.zeros((0, 32, 32, 3), "uint8")).shape == (0, 80)
    assert align.embed_text([]).shape == (0, 80)


def test_grey_is_repeated(align):
    images = random_images(40, 30, count=1)[..., :1]
    np.testing.assert_allclose(align(images), align(images.repeat(3, -1)), atol=1e-6)


def test_digest_knows_weights_and_vocabulary(align, folder, tmp_path):
    assert AlignFeatures(folder).digest == align.digest and len(align.digest) == 64
    for name in ("model.safetensors", "config.json", "vocab.txt"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "vocab.txt").write_text("\n".join([*VOCABULARY[:-1], "other"]))
    assert AlignFeatures(tmp_path).digest != align.digest


def test_other_images_arguments_and_files_are_refused(align, folder, tmp_path):
    with pytest.raises(ValueError, match="uint8"):
        align(np.zeros((1, 8, 8, 3), "float32"))
    with pytest.raises(ValueError, match="RGB or grey"):
        align(np.zeros((1, 8, 8, 4), "uint8"))
    with pytest.raises(ValueError, match="at least 1"):
        AlignFeatures(folder, batch_size=0)
    for name in ("model.safetensors", "config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "vocab.txt").write_text("\n".join([*VOCABULARY, *map(str, range(100))]))
    with pytest.raises(UserError, match="do not belong together"):
        AlignFeatures(tmp_path)


def test_it_is_registered_unmade():
    assert EXTRACTORS["align"] is AlignFeatures
