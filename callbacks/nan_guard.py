"""Stops a run whose loss is no number any more, and puts good weights back."""

import math
import threading

import keras

from callbacks.model_state import finite_weights, put_state, take_state
from callbacks.optimizer_access import build_optimizer


class NanGuard(keras.callbacks.Callback):
    """Stops training when the loss is NaN or infinite, and puts back the last good weights.

    Use it in long runs: what happened stands in `message`, and everything after sees weights of
    numbers. It costs nothing a step (it looks at the loss that `fit` reports anyway, in Keras's
    own thread where there is one), and one copy of the state on the host an epoch without
    `resume`. Put it FIRST in `callbacks`.

    Args:
        resume: ResumeCheckpoint of the same `fit`, whose newest checkpoint is put back, optimizer
            and all; None keeps a copy of each epoch's end in memory instead.

    Attributes:
        epoch, step: where the loss broke, counted from 1; None while it has not.
        message: one sentence, or None.

    Example:
        >>> guard = NanGuard(resume)
        >>> model.fit(batches, callbacks=[guard, average, resume])
        >>> guard.message
    """

    async_safe = True

    def __init__(self, resume=None):
        super().__init__()
        self.resume = resume
        self.epoch = self.step = self.message = None
        self._lock, self._now, self._good = threading.Lock(), 0, None

    def on_train_begin(self, logs=None):
        """Forgets an earlier failure."""
        self.epoch = self.step = self.message = self._good = None

    def on_epoch_begin(self, epoch, logs=None):
        """Remembers the epoch, and the first state, which is good by definition."""
        self._now = epoch + 1
        if self._good is None and self.resume is None:
            self._keep(epoch)

    def on_train_batch_end(self, batch, logs=None):
        """Asks for a stop; may run in another thread, so it does not touch the weights."""
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss):
            with self._lock:
                self.epoch = self._now
                self.step = min(self.step or batch + 1, batch + 1)
                self._loss = loss
            self._model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        """Puts the good state back, or keeps this one."""
        if self.step is not None:
            self.message = (
                f"Training stopped because the loss became {self._loss} in epoch {self.epoch}, "
                f"step {self.step}; {self._put_back()}."
            )
        elif self.resume is None and finite_weights(self.model):
            self._keep(epoch + 1)

    def _keep(self, epoch):
        model = self.model
        if build_optimizer(model):  # not so before the first step of a model without input shape
            self._good = epoch, *take_state(model)

    def _put_back(self):
        """Restores, and says in half a sentence what."""
        model = self.model
        if self.resume is not None:
            epoch = self.resume.put_back(model)
            if epoch is None:
                return "there is no checkpoint yet, so the weights are as they broke"
        elif self._good is None:
            return "there was no earlier state, so the weights are as they broke"
        else:
            epoch, arrays, order = self._good
            put_state(model, arrays, order)
        if not epoch:
            return "the weights from before training were put back"
        return f"the weights of the end of epoch {epoch} were put back"
