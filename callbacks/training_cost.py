"""What training takes: seconds of a step, megabytes of the process."""

import statistics
import time

import keras


class TrainingCost(keras.callbacks.Callback):
    """Measures the steps of `fit`, to compare two ways of computing the same thing.

    Use it where the results are equal and the cost is not, such as two attention kernels:
    `model.fit(images, callbacks=[TrainingCost(print, peak_megabytes)])`.

    The time of an epoch goes from its first step to its last, without validation, over the number
    of steps; the first epoch, which compiles, counts only where it is the only one.

    Args:
        sink: function called at the end of training with {"step_seconds": median of the epochs,
            "peak_megabytes": number}; not called where no epoch ended.
        memory: function () -> most megabytes that the process has held so far.

    Example:
        ```python
        model.fit(images, epochs=3, callbacks=[TrainingCost(print, lambda: 0)])
        ```
    """

    def __init__(self, sink, memory):
        super().__init__()
        self.sink = sink
        self.memory = memory

    def on_train_begin(self, logs=None):
        """Starts the list of epochs."""
        self._epochs = []

    def on_epoch_begin(self, epoch, logs=None):
        """Starts the clock of an epoch."""
        self._begin, self._steps, self._seconds = time.perf_counter(), 0, None

    def on_train_batch_end(self, batch, logs=None):
        """Counts a step, or the several that were compiled into one."""
        self._steps = batch + 1

    def on_test_begin(self, logs=None):
        """Stops the clock before validation."""
        self._stop()

    def on_epoch_end(self, epoch, logs=None):
        """Keeps the seconds of a step of this epoch."""
        self._stop()
        self._epochs.append(self._seconds)

    def on_train_end(self, logs=None):
        """Hands the cost to the sink."""
        if self._epochs:
            seconds = statistics.median(self._epochs[1:] or self._epochs)
            self.sink({"step_seconds": seconds, "peak_megabytes": self.memory()})

    def _stop(self):
        """Reads the clock, once an epoch."""
        if self._seconds is None:
            self._seconds = (time.perf_counter() - self._begin) / max(self._steps, 1)
