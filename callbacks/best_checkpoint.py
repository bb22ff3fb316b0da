"""The weights of the best epoch, in a file."""

import math
import warnings
from pathlib import Path

import keras

from callbacks.epochs import swapped_or_raw
from callbacks.weights_file import write_weights


class BestCheckpoint(keras.callbacks.Callback):
    """Saves the weights each time a monitored number is better than ever before.

    Use it with numbers that appear in some epochs only, as FrechetLogger's do; put it after
    whatever writes them. The file is replaced in one step: a kill leaves the old or the new one.

    Args:
        path: file to write, ending in `.weights.h5`.
        monitor: name in `logs`, such as "val_loss" or "fmd".
        mode: "min" or "max", which is better.
        average: ExponentialMovingAverage or StochasticWeightAveraging of the same `fit`: saves the
            averaged weights once there are some.

    Raises:
        ValueError: another ending or mode.

    Example:
        >>> best = BestCheckpoint("best.weights.h5", monitor="fmd")
        >>> model.fit(batches, callbacks=[FrechetLogger(score, every=5), best])
        >>> best.best, best.epoch
    """

    def __init__(self, path, monitor, mode="min", average=None):
        super().__init__()
        if not str(path).endswith(".weights.h5"):
            raise ValueError(f"`path` must end in .weights.h5. Received: path={str(path)!r}")
        if mode not in ("min", "max"):
            raise ValueError(f'`mode` must be "min" or "max". Received: mode={mode!r}')
        self.path, self.monitor, self.mode, self.average = Path(path), monitor, mode, average
        self.best, self.epoch, self.message = None, None, None
        self._seen = False

    def on_epoch_end(self, epoch, logs=None):
        """Saves if the number is there and is the best so far."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            return
        self._seen = True
        if not math.isfinite(value) or not self._better(value):
            return
        try:
            self._save()
        except OSError as error:
            if self.message is None:
                self.message = (
                    f"The best weights could not be saved to {self.path} ({error}); "
                    "training goes on and the file keeps what it had."
                )
                warnings.warn(self.message, stacklevel=2)
            return
        self.best, self.epoch = float(value), epoch + 1

    def on_train_end(self, logs=None):
        """Says so if the monitored number never came."""
        if not self._seen and logs:
            self.message = (
                f"No weights were saved to {self.path}: {self.monitor!r} was in no epoch's logs, "
                f"which had {', '.join(sorted(logs))}."
            )
            warnings.warn(self.message, stacklevel=2)

    def state(self):
        """What a checkpoint needs to remember the best."""
        return {"best": self.best, "epoch": self.epoch}

    def restore(self, state):
        """Takes up the best of a checkpoint."""
        self.best, self.epoch = state["best"], state["epoch"]
        self._seen = self.best is not None

    def _better(self, value):
        if self.best is None:
            return True
        return value < self.best if self.mode == "min" else value > self.best

    def _save(self):
        with swapped_or_raw(self.average, self.model) as model:
            write_weights(model, self.path)
