"""What callbacks that do something every few epochs share."""

import contextlib

import keras


def swapped_or_raw(average, model):
    """The model with averaged weights if there is an average by now, else as it is."""
    if average is None or not average.ready:
        return contextlib.nullcontext(model)
    return average.swapped(model)


def checked_every(every):
    """`every` as an int of at least 1, or a ValueError that says so."""
    if int(every) != every or every < 1:
        raise ValueError(f"`every` is a number of epochs, at least 1. Received: every={every}")
    return int(every)


class EveryEpochs(keras.callbacks.Callback):
    """Calls `act(epoch, logs)` after the first epoch, every `every`-th and the last one.

    `epoch` counts from 1. If training stops early, `act` is called at its end with `logs` None.
    """

    def __init__(self, every):
        super().__init__()
        self.every = checked_every(every)
        self._seen = self._acted = None

    def act(self, epoch, logs):
        """What to do; for subclasses."""
        raise NotImplementedError

    def on_train_begin(self, logs=None):
        """Forgets the epochs of an earlier fit."""
        self._seen = self._acted = None

    def on_epoch_end(self, epoch, logs=None):
        """Acts if it is this epoch's turn."""
        self._seen = epoch + 1
        last = self._seen == (self.params or {}).get("epochs")
        if self._seen == 1 or self._seen % self.every == 0 or last:
            self._acted = self._seen
            self.act(self._seen, logs)

    def on_train_end(self, logs=None):
        """Acts once more if training stopped before the last epoch."""
        if self._seen is not None and self._acted != self._seen:
            self._acted = self._seen
            self.act(self._seen, None)
