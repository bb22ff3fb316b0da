import json
import shutil

import numpy as np
import pytest
from keras import ops
from PIL import Image
from scipy import ndimage

from app.data import load
from app.errors import UserError
from app.metrics.features.digit_classifier import STEM, DigitFeatures, prepare
from app.metrics.frechet import frechet_distance
from app.metrics.statistics import Statistics


@pytest.fixture(scope="module")
def digits():
    dataset = load("mnist-5k", split="all")
    order = np.random.default_rng(0).permutation(len(dataset))[:800]
    return dataset.images[order], np.asarray(dataset.labels)[order]


@pytest.fixture(scope="module")
def extractor():
    return DigitFeatures()


@pytest.fixture(scope="module")
def reference(extractor, digits):
    return Statistics.of(extractor(digits[0][500:]))


def test_it_reads_digits_it_has_a_record_for(extractor, digits):
    images, labels = digits
    assert np.mean(extractor.predict(images[:250]) == labels[:250]) > 0.99
    assert extractor.record["mean"] >= 0.993
    assert len(extractor.digest) == 64 and extractor.digest == extractor.record["sha256"]


def test_one_pass_gives_features_and_logits_at_any_batch_size(extractor, digits):
    images = digits[0][:37]
    features, logits = extractor.outputs(images)
    assert features.shape == (37, 1024) and features.dtype == np.float32
    assert logits.shape == (37, 10)
    small = DigitFeatures(batch_size=10)
    np.testing.assert_allclose(small(images), features, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(small.logits(images), logits, rtol=1e-4, atol=1e-4)
    assert extractor(images[:0]).shape == (0, 1024)


def by_numpy(network, image):
    """The whole network in numpy float64, from its weights."""
    x = image.astype(np.float64)
    for block, (convolution, normalization) in enumerate(
        zip(network.convolutions, network.normalizations, strict=True)
    ):
        kernel = ops.convert_to_numpy(convolution.kernel).astype(np.float64)
        size = x.shape[0]
        padded = np.pad(x, [(1, 1), (1, 1), (0, 0)])
        x = sum(
            padded[i : i + size, j : j + size] @ kernel[i, j] for i in range(3) for j in range(3)
        )
        if block < 3:
            odd = size % 2
            x = np.pad(x, [(0, odd), (0, odd), (0, 0)], constant_values=-np.inf)
            half = len(x) // 2
            x = x.reshape(half, 2, half, 2, -1).max((1, 3))
        gamma, beta, mean, variance = [ops.convert_to_numpy(w) for w in normalization.weights]
        x = np.maximum((x - mean) / np.sqrt(variance + 1e-3) * gamma + beta, 0)
    return x.reshape(-1)


def test_both_backends_give_the_features_of_numpy(extractor, digits):
    # The oracle is the same on either backend, so they agree with each other.
    images = digits[0][:3]
    expected = [by_numpy(extractor.network, image / 255) for image in images]
    np.testing.assert_allclose(extractor(images), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", [(8, 8), (56, 56), (45, 33)])
def test_resize_equals_pillow(size):
    images = np.random.default_rng(0).integers(0, 256, (2, *size, 1), dtype=np.uint8)
    expected = [
        np.asarray(
            Image.fromarray(image[..., 0].astype("float32")).resize((28, 28), Image.BILINEAR)
        )
        for image in images
    ]
    np.testing.assert_allclose(prepare(images)[..., 0] * 255, expected, atol=1e-2)


def test_grey_is_the_mean_of_the_channels():
    images = np.random.default_rng(0).integers(0, 256, (2, 28, 28, 3), dtype=np.uint8)
    np.testing.assert_allclose(prepare(images)[..., 0], images.mean(-1) / 255, atol=1e-6)
    grey = images[..., :1]
    np.testing.assert_array_equal(prepare(np.repeat(grey, 3, axis=-1)), prepare(grey))


CORRUPTIONS = {
    "noise": lambda images, level: (
        images + np.random.default_rng(1).normal(0, 50 * level, images.shape)
    ),
    "blur": lambda images, level: ndimage.gaussian_filter(images, (0, 0.8 * level, 0.8 * level, 0)),
    "fade": lambda images, level: images * (1 - 0.25 * level),
}


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_distance_grows_with_the_corruption(extractor, digits, reference, kind):
    clean = digits[0][:250].astype(float)
    distances = []
    for level in range(3):
        spoilt = CORRUPTIONS[kind](clean, level) if level else clean
        features = extractor(np.clip(spoilt, 0, 255).round().astype(np.uint8))
        distances.append(frechet_distance(features, reference))
    assert distances == sorted(distances) and distances[-1] > 2 * distances[0]


def test_distance_grows_when_classes_are_missing(extractor, digits, reference):
    images, labels = digits[0][:500], digits[1][:500]
    distances = [
        frechet_distance(extractor(images[labels < classes][:150]), reference)
        for classes in (10, 7, 4)
    ]
    assert distances == sorted(distances) and distances[-1] > 1.3 * distances[0]


def test_tampered_weights_are_refused(tmp_path):
    stem = tmp_path / "digit_classifier"
    shutil.copy(f"{STEM}.json", f"{stem}.json")
    data = bytearray(STEM.with_name("digit_classifier.weights.h5").read_bytes())
    data[-100] ^= 1
    stem.with_name("digit_classifier.weights.h5").write_bytes(data)
    with pytest.raises(UserError, match="scores made with them would not compare"):
        DigitFeatures(stem=stem)


def test_missing_weights_are_told(tmp_path):
    with pytest.raises(UserError, match="is missing"):
        DigitFeatures(stem=tmp_path / "nothing")


def test_only_uint8_batches(extractor):
    with pytest.raises(ValueError, match="uint8"):
        extractor(np.zeros((2, 28, 28, 1), "float32"))
    with pytest.raises(ValueError, match=r"\(28, 28, 1\)"):
        extractor(np.zeros((28, 28, 1), "uint8"))


def test_record_says_how_it_was_made():
    record = json.loads(STEM.with_name("digit_classifier.json").read_text())
    assert {"preprocessing", "test_accuracy", "epochs", "date", "command"} <= set(record)
    assert STEM.with_name(record["weights"]).stat().st_size < 1_000_000
