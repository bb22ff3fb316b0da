"""Small models, data and recorders for the tests of callbacks."""

import keras
import numpy as np

CLEAN = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")
SUMS = CLEAN.sum(axis=1, keepdims=True)


def linear(optimizer=None, units=4, built=True, **compile_arguments):
    """Two dense layers, compiled; without input shape if not `built`."""
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Dense(units), keras.layers.Dense(1)]
    model = keras.Sequential(([keras.Input((3,))] if built else []) + layers)
    model.compile(optimizer or keras.optimizers.SGD(0.1), loss="mse", **compile_arguments)
    return model


def fit(model, *callbacks, epochs=2, **arguments):
    options = {"batch_size": 4, "epochs": epochs, "shuffle": False, "verbose": 0, **arguments}
    return model.fit(CLEAN, SUMS, callbacks=list(callbacks), **options)


class Recorder(keras.callbacks.Callback):
    """The weights after every step."""

    def __init__(self):
        super().__init__()
        self.steps = []

    def on_train_batch_end(self, batch, logs=None):
        self.steps.append([np.array(value) for value in self.model.get_weights()])


class Then(keras.callbacks.Callback):
    """Calls a function (model, epoch, logs) at the end of each epoch."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def on_epoch_end(self, epoch, logs=None):
        self.function(self.model, epoch, logs)


def largest_difference(left, right):
    return max(np.abs(a - b).max() for a, b in zip(left, right, strict=True))


def bits_equal(left, right):
    return all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))
