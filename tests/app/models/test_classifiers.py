"""Classifiers: the published sizes, counted by hand, and refusals."""

import logging

import keras
import numpy as np
import pytest

from app.models.classifiers import eight_layer_cnn, resnet, small_cnn
from app.models.logits import logits_function


def test_the_report_cnn_has_the_parameters_of_its_description():
    convolutions = 3 * 3 * 3 * 32 + 32 + 3 * 3 * 32 * 64 + 64
    dense = 64 * 8 * 8 * 256 + 256 + 256 * 10 + 10
    assert small_cnn((32, 32, 3), 10).count_params() == convolutions + dense


def test_the_eight_layer_cnn_has_eight_layers_of_weights():
    model = eight_layer_cnn((32, 32, 3), 10)
    kernels = [weight for weight in model.trainable_variables if weight.name == "kernel"]
    assert [kernel.shape[-1] for kernel in kernels] == [64, 64, 128, 128, 196, 196, 256, 10]


@pytest.mark.parametrize("depth, layers, parameters", [("18", 18, 11_173_962), ("34", 34, None)])
def test_residual_networks_have_their_depth(depth, layers, parameters):
    model = resnet((32, 32, 3), 10, depth)
    kernels = [weight for weight in model.trainable_variables if weight.name == "kernel"]
    main = [kernel for kernel in kernels if len(kernel.shape) == 2 or kernel.shape[0] > 1]
    assert len(main) == layers
    if parameters:  # of the ResNet-18 that everybody trains on CIFAR-10, without BN's statistics
        trained = sum(int(np.prod(weight.shape)) for weight in model.trainable_variables)
        assert trained == parameters


def test_images_that_pooling_would_make_vanish_are_refused():
    with pytest.raises(ValueError, match="at least 8x8 pixels.*Received: 4x4"):
        eight_layer_cnn((4, 4, 1), 10)


def test_logits_do_not_depend_on_the_batch_and_leave_weights_alone():
    model = eight_layer_cnn((8, 8, 1), 3, channels=(4, 8, 8), hidden=8)
    images = np.random.default_rng(0).integers(0, 256, (7, 8, 8, 1)).astype("uint8")
    before = model.get_weights()
    whole = logits_function(model, 7)(images)
    np.testing.assert_allclose(logits_function(model, 3)(images), whole, atol=1e-5)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_classifier_of_uint8_images_sees_floats_from_0_to_1():
    identity = keras.Sequential([keras.Input((1, 3, 1)), keras.layers.Flatten()])
    pixels = np.array([[0, 255, 51], [1, 102, 254]], "uint8").reshape(2, 1, 3, 1)
    found = logits_function(identity, 2)(pixels)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [[0, 1, 0.2], [1 / 255, 0.4, 254 / 255]], rtol=1e-6)


def test_many_models_are_measured_without_a_warning(monkeypatch, caplog):
    # TensorFlow counts compilations by the code of the function, whichever model it belongs to.
    monkeypatch.setattr(logging.getLogger("tensorflow"), "propagate", True)
    for _ in range(8):
        model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(3)])
        logits_function(model, 4)(np.zeros((4, 2, 2, 1), "uint8"))
    assert not caplog.messages
