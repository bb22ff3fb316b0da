import json

import keras
import numpy as np
import pytest
from keras import ops

from app.metrics.features.cifar_network import CifarClassifier


def images(count=2, size=32):
    return np.random.default_rng(0).random((count, size, size, 3), dtype="float32")


def small():
    return CifarClassifier(classes=3, channels=(4, 4, 8))


def test_shapes_and_size():
    classifier = CifarClassifier()
    assert tuple(classifier(images()).shape) == (2, 10)
    assert tuple(classifier.features(images()).shape) == (2, 256)
    # 2x2 kernels with bias, 3x3 kernels without, four vectors a normalisation, a dense layer.
    kernels = 9 * (24 * 32 + 32 * 32 + 32 * 128 + 128 * 128 + 128 * 256 + 256 * 256)
    expected = (12 * 24 + 24) + kernels + 4 * 2 * (32 + 128 + 256) + 256 * 10 + 10
    assert classifier.count_params() == expected
    assert classifier.count_params() * 4 < 5_000_000


def test_squares_of_other_sizes_pass():
    assert tuple(small().features(images(size=24)).shape) == (2, 8)


def test_whitening_is_not_trained():
    classifier = small()
    classifier.build((None, 32, 32, 3))
    names = [weight.path for weight in classifier.trainable_variables]
    assert names and not [name for name in names if "whiten" in name]


def test_training_updates_statistics_and_judging_does_not():
    classifier = small()
    classifier(images())
    mean = classifier.normalizations[0].moving_mean
    before = ops.convert_to_numpy(mean).copy()
    classifier(images())
    np.testing.assert_array_equal(ops.convert_to_numpy(mean), before)
    classifier(images(), training=True)
    assert np.abs(ops.convert_to_numpy(mean) - before).max() > 0


def test_lower_precision_keeps_float32_weights_and_results():
    classifier = CifarClassifier(classes=3, channels=(4, 4, 8), dtype="mixed_bfloat16")
    assert keras.backend.standardize_dtype(classifier(images()).dtype) == "float32"
    assert {keras.backend.standardize_dtype(w.dtype) for w in classifier.weights} == {"float32"}
    exact = small()
    exact.build((None, 32, 32, 3))
    exact.set_weights(classifier.get_weights())
    np.testing.assert_allclose(classifier(images()), exact(images()), atol=0.1)


def test_configuration_goes_round(tmp_path):
    classifier = small()
    config = json.loads(json.dumps(classifier.get_config()))
    assert CifarClassifier.from_config(config).get_config() == classifier.get_config()
    expected = classifier(images())
    classifier.save(tmp_path / "classifier.keras")
    again = keras.models.load_model(tmp_path / "classifier.keras")
    np.testing.assert_allclose(again(images()), expected, rtol=1e-5, atol=1e-6)


def test_wrong_arguments_get_a_sentence():
    with pytest.raises(ValueError, match="widths of three blocks"):
        CifarClassifier(channels=(1, 2))
    with pytest.raises(ValueError, match="at least 2"):
        CifarClassifier(classes=1)
    with pytest.raises(ValueError, match="repeat a grey channel"):
        CifarClassifier().build((None, 32, 32, 1))
