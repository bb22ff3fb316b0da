"""Checkpoints from which training goes on as if it had never stopped."""

import contextlib
import math
import warnings
from pathlib import Path

import keras
import numpy as np

from callbacks.checkpoint_file import DamagedCheckpoint, read_checkpoint, write_checkpoint
from callbacks.model_state import finite_weights, put_state, take_state


class ResumeCheckpoint(keras.callbacks.Callback):
    """Saves the whole training state at epoch ends, and goes on from it when `fit` starts again.

    Use it in every run longer than you would like to repeat. Run the same program again after a
    kill: the weights at the end are those of the uninterrupted run, bit for bit, if the order of
    the data depends on (seed, epoch) only. (`fit` on arrays with shuffle=True does not promise
    that.) What is saved: weights, statistics, counters and random states of the model; the
    optimizer with its averages; the history; the state of the objects in `also`. Put it LAST in
    `callbacks`, so that it saves what the others did in the epoch.

    `fit(epochs=N)` brings the run in this folder to N epochs in all. An epoch that was cut short is
    done again from its start. A file is written whole or not at all and checked when read: a
    damaged one is set aside for the one before, with a warning. When the disk fails, training
    goes on, says so once, and the last good checkpoint stays. A checkpoint with NaN is not saved.

    Args:
        folder: where `checkpoint-0005.npz` (5 epochs done) and so on are.
        every_epochs: int >= 1; the last epoch is always saved.
        keep: int >= 1, how many checkpoints stay. 2 leaves one to fall back on.
        also: dict of name to object with `state() -> dict` of arrays and JSON values, and
            `restore(state)`: StochasticWeightAveraging, BestCheckpoint, your own.
        automatic: bool; goes on from the newest checkpoint when `fit` starts. False leaves it to
            `restore`.

    Raises:
        ValueError: numbers out of range; at the start of `fit`, a checkpoint of another model.
        TypeError: an object in `also` without `state` and `restore`.

    Example:
        >>> resume = ResumeCheckpoint("runs/1/checkpoints", also={"swa": swa})
        >>> model.fit(batches, epochs=100, callbacks=[average, swa, resume])
    """

    def __init__(self, folder, every_epochs=1, keep=2, also=None, automatic=True):
        super().__init__()
        if every_epochs < 1 or keep < 1:
            raise ValueError(
                "`every_epochs` and `keep` must be at least 1. "
                f"Received: every_epochs={every_epochs}, keep={keep}"
            )
        for name, item in (also or {}).items():
            if not (hasattr(item, "state") and hasattr(item, "restore")):
                raise TypeError(
                    f"`also` takes objects with state() and restore(state). Received: {name!r}, a "
                    f"{type(item).__name__} without them."
                )
        self.folder, self.every_epochs, self.keep = Path(folder), int(every_epochs), int(keep)
        self.also, self.automatic = dict(also or {}), automatic
        self.history, self.epochs, self.message = {}, [], None
        self._history_due = self._failed = self._restored = False

    def checkpoints(self):
        """The checkpoint files in the folder, newest first."""
        return sorted(self.folder.glob("checkpoint-*.npz"), key=_epochs_of, reverse=True)

    def restore(self, model):
        """Puts the newest good checkpoint into a compiled model, the optimizer and `also`.

        If an average is trained along, attach it before: ``average.set_model(model)``.

        Returns:
            The number of epochs done, for ``fit(initial_epoch=...)``; 0 without a checkpoint.
        """
        found = self._load(model)
        self._restored = True
        if found is None:
            return 0
        arrays, state = found
        self._restore_also(arrays, state["also"])
        self.history, self.epochs = state["history"], state["epochs"]
        self._history_due = True
        return state["epoch"]

    def put_back(self, model):
        """Puts only the variables of the newest good checkpoint into the model and optimizer.

        Returns:
            The number of epochs it had done, or None if there is no checkpoint.
        """
        found = self._load(model)
        return None if found is None else found[1]["epoch"]

    def on_train_begin(self, logs=None):
        """Goes on from the newest checkpoint."""
        model = self.model
        if self.automatic:
            model._initial_epoch = self.restore(model)
        elif not self._restored and self.checkpoints():
            raise ValueError(
                f"{self.folder} holds the checkpoints of another run. Call restore(model) to go on "
                "with it, or choose another folder."
            )

    def on_epoch_begin(self, epoch, logs=None):
        """Gives the history of the earlier epochs to this fit."""
        self._model._initial_epoch = None
        self._give_history()

    def on_epoch_end(self, epoch, logs=None):
        """Remembers the numbers of the epoch and saves if it is time."""
        logs, model = logs or {}, self.model
        for name, value in logs.items():
            self.history.setdefault(name, []).append(float(value))
        self.epochs.append(epoch)
        last = epoch + 1 == (self.params or {}).get("epochs") or model.stop_training
        if last or (epoch + 1) % self.every_epochs == 0:
            self._save(epoch + 1, math.isfinite(logs.get("loss", 0.0)))

    def on_train_end(self, logs=None):
        """Gives the history also when there was nothing left to train."""
        self._model._initial_epoch = None
        self._give_history()

    def _load(self, model):
        """Puts the newest good checkpoint into the model; returns (arrays, state) or None."""
        damaged = []
        for path in self.checkpoints():
            try:
                arrays, state = read_checkpoint(path)
            except DamagedCheckpoint as error:
                self._say(f"A checkpoint was set aside: {error}; the one before it is tried.")
                with contextlib.suppress(OSError):
                    path.rename(path.with_name(f"{path.name}.damaged"))
                damaged.append(path.name)
                continue
            put_state(model, arrays, state["order"])
            return arrays, state
        if damaged:
            raise ValueError(
                f"No checkpoint in {self.folder} can be read: {', '.join(damaged)} are damaged and "
                "were set aside. Put copies of them back, or start again to train from epoch 1."
            )
        return None

    def _save(self, epoch, finite):
        if not finite or not finite_weights(self._model):
            self._say(f"Epoch {epoch} was not saved: its loss or weights are not finite.")
            return
        arrays, order = take_state(self._model)
        state = {"format": 1, "epoch": epoch, "order": order, "also": {}}
        for name, item in self.also.items():
            state["also"][name] = {}
            for key, value in item.state().items():
                if isinstance(value, np.ndarray):
                    arrays[f"also/{name}/{key}"] = value
                else:
                    state["also"][name][key] = value
        state.update(history=self.history, epochs=self.epochs)
        try:
            write_checkpoint(self.folder / f"checkpoint-{epoch:04d}.npz", arrays, state)
            for path in self.checkpoints()[self.keep :]:
                path.unlink()
        except OSError as error:
            if not self._failed:
                self._failed = True
                self._say(
                    f"The checkpoint of epoch {epoch} could not be written to {self.folder} "
                    f"({error}); training goes on and the last good checkpoint stays."
                )

    def _restore_also(self, arrays, states):
        for name, item in self.also.items():
            if name not in states:
                self._say(f"The checkpoint has no state of {name!r}; it starts anew.")
                continue
            prefix = f"also/{name}/"
            saved = {key[len(prefix) :]: arrays[key] for key in arrays if key.startswith(prefix)}
            item.restore({**states[name], **saved})

    def _give_history(self):
        if self._history_due and getattr(self._model, "history", None) is not None:
            past = {name: list(values) for name, values in self.history.items()}
            self._model.history.history, self._model.history.epoch = past, list(self.epochs)
            self._history_due = False

    def _say(self, message):
        self.message = message
        warnings.warn(message, stacklevel=2)


def _epochs_of(path):
    """The number in a checkpoint's name, -1 if there is none."""
    digits = path.stem.removeprefix("checkpoint-")
    return int(digits) if digits.isdigit() else -1
