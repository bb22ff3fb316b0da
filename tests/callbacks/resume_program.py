"""A training run with everything random in it, to be killed and resumed.

python -m tests.callbacks.resume_program FOLDER  trains and kills itself in the middle of epoch 4.
"""

import os
import signal
import sys

import keras
import numpy as np

from callbacks import (
    BestCheckpoint,
    ExponentialMovingAverage,
    ResumeCheckpoint,
    StochasticWeightAveraging,
)
from callbacks.swapping import numpy_values, state_variables

EPOCHS = 5


class Jitter(keras.layers.Layer):
    """Adds noise from a seed generator of its own, and counts its training calls."""

    def __init__(self):
        super().__init__()
        self.seed_generator = keras.random.SeedGenerator(7)

    def build(self, input_shape):
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")

    def call(self, inputs, training=False):
        if not training:
            return inputs
        self.calls.assign_add(1.0)
        shape = keras.ops.shape(inputs)
        return inputs + 0.1 * keras.random.normal(shape, seed=self.seed_generator)


class Shuffled(keras.utils.PyDataset):
    """Batches in an order that depends on (seed, epoch) only."""

    def __init__(self):
        super().__init__()
        self.epoch = 0
        self.inputs = np.random.default_rng(0).normal(size=(32, 6)).astype("float32")

    def __len__(self):
        return 4

    def __getitem__(self, index):
        order = np.random.default_rng([3, self.epoch]).permutation(32)
        inputs = self.inputs[order[index * 8 : index * 8 + 8]]
        return inputs, inputs.sum(axis=1, keepdims=True)


class FollowEpoch(keras.callbacks.Callback):
    def __init__(self, data):
        super().__init__()
        self.data = data

    def on_epoch_begin(self, epoch, logs=None):
        self.data.epoch = epoch


class KillInTheMiddle(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.epoch == 3 and batch == 1:
            os.kill(os.getpid(), signal.SIGKILL)


def train(folder, kill=False, **resume_arguments):
    """Trains or resumes in a folder; returns history, all state, both averages, the callback."""
    keras.utils.set_random_seed(11)
    layers = [
        keras.Input((6,)),
        Jitter(),
        keras.layers.Dense(8),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(1),
    ]
    model = keras.Sequential(layers)
    schedule = keras.optimizers.schedules.CosineDecay(0.05, 20)
    model.compile(keras.optimizers.Adam(schedule), loss="mse")
    data, ema = Shuffled(), ExponentialMovingAverage(0.9)
    swa = StochasticWeightAveraging(1, batch_norm="average")
    best = BestCheckpoint(os.path.join(folder, "best.weights.h5"), "loss")
    also = {"swa": swa, "best": best}
    resume = ResumeCheckpoint(folder, also=also, **resume_arguments)
    extra = [KillInTheMiddle()] if kill else []
    history = model.fit(
        data,
        epochs=EPOCHS,
        shuffle=False,
        verbose=0,
        callbacks=[FollowEpoch(data), *extra, swa, best, resume, ema],
    )
    state = numpy_values([*state_variables(model), *model.optimizer.variables])
    return history, state, ema.weights() + swa.weights(), resume


if __name__ == "__main__":
    train(sys.argv[1], kill=True)
