"""The recorded gradient norm of a linear model, whose gradient is known."""

import keras
import numpy as np
import pytest

from app.models.gradient_norm import GradientNorm, recording_norm


def linear(optimizer):
    inputs = keras.Input((3,))
    outputs = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")(inputs)
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


def test_an_optimizer_in_use_is_refused():
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build([keras.Variable(np.zeros(2))])
    with pytest.raises(ValueError, match="Pass a new optimizer"):
        recording_norm(optimizer)
