"""The recorded gradient norm of a linear model, whose gradient is known."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from app.build.classifier import compiled_classifier
from app.config import SmallCNN
from app.recipes.noisy_labels import REPORT
from callbacks import ExponentialMovingAverage
from callbacks.gradient_norm import GradientNorm, recording_norm


@pytest.fixture
def half_precision():
    """Layers made meanwhile compute in float16; the policy is put back."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy(policy)


def linear(optimizer, dtype="float32"):
    inputs = keras.Input((3,))
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros", dtype=dtype)
    outputs = layer(inputs)
    model = keras.Model(inputs, outputs)
    model.compile(recording_norm(optimizer), "mean_squared_error")
    return model


def test_the_mean_over_the_steps_of_each_epoch():
    # At w = 0 and target 1 the gradient of (x w - 1)^2 is -2 x; a learning rate of 0 keeps w.
    images = np.array([[3.0, 0, 4.0], [0, 1.0, 0]], "float32")
    model = linear(keras.optimizers.SGD(0.0))
    history = model.fit(
        images, np.ones(2), batch_size=1, epochs=2, verbose=0, callbacks=[GradientNorm()]
    )
    np.testing.assert_allclose(history.history["gradient_norm"], [6.0, 6.0], rtol=1e-6)


def test_clipping_changes_the_update_and_not_the_record():
    model = linear(keras.optimizers.SGD(1.0, global_clipnorm=0.5))
    history = model.fit(
        np.array([[3.0, 0, 4.0]]), np.ones(1), verbose=0, callbacks=[GradientNorm()]
    )
    np.testing.assert_allclose(history.history["gradient_norm"], [10.0], rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(model.get_weights()[0]), 0.5, rtol=1e-5)


def test_batches_whose_gradients_are_accumulated_count_one_by_one():
    images = np.array([[3.0, 0, 4.0], [0, 1.0, 0], [0, 0, 2.0], [1.0, 0, 0]], "float32")
    model = linear(keras.optimizers.SGD(0.0, gradient_accumulation_steps=2))
    history = model.fit(
        images, np.ones(4), batch_size=1, epochs=2, verbose=0, callbacks=[GradientNorm()]
    )
    np.testing.assert_allclose(history.history["gradient_norm"], [4.5, 4.5], rtol=1e-6)


def test_half_precision_records_the_gradient_without_the_scale_of_the_loss(half_precision):
    # 10 times the first scale, 2^15, is beyond float16: those steps are left out by Keras and here.
    # That of every other step is 10; at 2^12 it fits.
    model = linear(keras.optimizers.SGD(0.0), dtype=None)
    assert type(model.optimizer).__name__ == "LossScaleOptimizer"
    images = np.tile([[3.0, 0, 4.0]], (8, 1)).astype("float32")
    history = model.fit(
        images, np.ones(8), batch_size=1, epochs=2, verbose=0, callbacks=[GradientNorm()]
    )
    np.testing.assert_allclose(history.history["gradient_norm"], [10.0, 10.0], rtol=1e-3)
    assert float(model.optimizer.dynamic_scale.numpy()) == 2**12


@pytest.mark.parametrize("accumulation", [1, 2])
def test_a_recipe_of_half_precision_trains_and_has_the_norm(accumulation, half_precision):
    recipe = replace(
        REPORT,
        network=SmallCNN(channels=(4, 8), hidden=8),
        optimizer=replace(REPORT.optimizer, accumulation_steps=accumulation),
        training=replace(REPORT.training, precision="mixed_float16", batch_size=4),
    )
    random = np.random.default_rng(0)
    images, labels = random.random((16, 8, 8, 1), "float32"), random.integers(0, 3, 16)
    model = compiled_classifier(recipe, (8, 8, 1), 3, 16)
    history = model.fit(images, labels, 4, epochs=2, verbose=0, callbacks=[GradientNorm()]).history
    assert 0 < history["gradient_norm"][-1] < 100
    assert np.all(np.isfinite(history["loss"]))


def test_an_optimizer_in_use_is_refused():
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build([keras.Variable(np.zeros(2))])
    with pytest.raises(ValueError, match="Pass a new optimizer"):
        recording_norm(optimizer)


def test_the_norm_is_still_recorded_once_an_average_has_come_and_gone():
    images = np.array([[3.0, 0, 4.0], [0, 1.0, 0]], "float32")
    model = linear(keras.optimizers.SGD(0.0))
    for _ in range(2):
        history = model.fit(
            images,
            np.ones(2),
            batch_size=1,
            verbose=0,
            callbacks=[ExponentialMovingAverage(0.9), GradientNorm()],
        )
        np.testing.assert_allclose(history.history["gradient_norm"], [6.0], rtol=1e-6)
