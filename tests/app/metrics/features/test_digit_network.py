import json

import keras
import numpy as np
import pytest
from keras import ops

from app.metrics.features.digit_network import DigitClassifier


def images(count=4):
    return np.random.default_rng(0).random((count, 28, 28, 1), dtype="float32")


def test_shapes_and_size():
    classifier = DigitClassifier()
    logits = classifier(images())
    assert tuple(logits.shape) == (4, 10)
    assert tuple(classifier.features(images()).shape) == (4, 1024)
    # 3x3 kernels without bias, four vectors a normalisation, a dense layer with bias.
    kernels = 9 * (1 * 32 + 32 * 64 + 64 * 128 + 128 * 64)
    assert classifier.count_params() == kernels + 4 * (32 + 64 + 128 + 64) + 1024 * 10 + 10
    assert classifier.count_params() * 4 < 1_000_000


def test_logits_are_the_dense_layer_of_the_features():
    classifier = DigitClassifier()
    logits = ops.convert_to_numpy(classifier(images()))
    kernel, bias = [ops.convert_to_numpy(weight) for weight in classifier.logits.weights]
    features = ops.convert_to_numpy(classifier.features(images()))
    assert features.min() >= 0.0
    np.testing.assert_allclose(features @ kernel + bias, logits, rtol=1e-5, atol=1e-5)


def test_first_block_by_numpy():
    classifier = DigitClassifier(channels=(2, 2, 2, 2))
    classifier.build((None, 28, 28, 1))
    kernel = ops.convert_to_numpy(classifier.convolutions[0].kernel)[:, :, 0]
    picture = images(1)
    padded = np.pad(picture[0, :, :, 0], 1)
    convolved = sum(
        padded[i : i + 28, j : j + 28, None] * kernel[i, j] for i in range(3) for j in range(3)
    )
    expected = convolved.reshape(14, 2, 14, 2, 2).max((1, 3))
    actual = classifier.pool(classifier.convolutions[0](picture))
    np.testing.assert_allclose(ops.convert_to_numpy(actual)[0], expected, rtol=1e-4, atol=1e-5)


def test_inference_does_not_mix_images():
    classifier = DigitClassifier()
    together = ops.convert_to_numpy(classifier(images()))
    alone = ops.convert_to_numpy(classifier(images()[:1]))
    np.testing.assert_allclose(together[:1], alone, rtol=1e-4, atol=1e-5)


def test_saved_model_gives_the_same_logits(tmp_path):
    classifier = DigitClassifier(classes=3, channels=(4, 4, 8, 4))
    expected = ops.convert_to_numpy(classifier(images()))
    config = json.loads(json.dumps(classifier.get_config()))
    assert DigitClassifier.from_config(config).get_config() == classifier.get_config()
    classifier.save(tmp_path / "classifier.keras")
    revived = keras.models.load_model(tmp_path / "classifier.keras")
    np.testing.assert_allclose(ops.convert_to_numpy(revived(images())), expected, atol=1e-6)


def test_wrong_arguments_are_told_in_a_sentence():
    with pytest.raises(ValueError, match="four blocks"):
        DigitClassifier(channels=(1, 2))
    with pytest.raises(ValueError, match="at least 2"):
        DigitClassifier(classes=1)
    with pytest.raises(ValueError, match="grey images"):
        DigitClassifier().build((None, 28, 28, 3))
