"""The backend as the project starts it: every gradient is of the weights before the update."""

import keras
import numpy as np
import pytest

from app.backend import check_backend
from app.errors import UserError

TRIES = 20  # without the order, a quarter of such steps went wrong: 0.3 % pass all by chance


class Shift(keras.layers.Layer):
    """Adds a weight that starts at 0."""

    def build(self, shape):
        self.shift = self.add_weight(shape=shape[1:], initializer="zeros")

    def call(self, inputs):
        return inputs + self.shift


class Scale(keras.layers.Layer):
    """Multiplies by a weight that starts at 1."""

    def build(self, shape):
        self.scale = self.add_weight(shape=shape[1:], initializer="ones")

    def call(self, inputs):
        return inputs * self.scale


def test_no_gradient_is_of_weights_already_updated():
    # loss = sum (x + shift) scale with x = 1: d/dshift = scale = 1 before the update, -143 after.
    for _ in range(TRIES):
        inputs = keras.Input((4,))
        shift = Shift()
        model = keras.Model(inputs, Scale()(shift(inputs)))
        model.compile(
            keras.optimizers.SGD(144.0), lambda _, outputs: keras.ops.sum(outputs, axis=-1)
        )
        model.train_on_batch(np.ones((1, 4)), np.ones((1, 4)))
        np.testing.assert_allclose(keras.ops.convert_to_numpy(shift.shift), -144.0)


@pytest.mark.parametrize("name", ["torch", "Tensorflow"])
def test_another_backend_is_refused(name, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", name)
    with pytest.raises(UserError, match=f"tensorflow or jax. Received: KERAS_BACKEND='{name}'"):
        check_backend()
