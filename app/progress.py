"""Progress on the screen: one bar a piece of long work, with the time left."""

import os
import sys
from contextlib import contextmanager

import keras
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Screen(Console):
    """A console whose reader may go away, as `tee` does on Ctrl-C: the work goes on unseen."""

    def on_broken_pipe(self):
        """Sends all that is still printed nowhere."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


console = Screen(highlight=False, soft_wrap=True)


def _columns():
    return (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )


@contextmanager
def bar(description, total):
    """A bar; yields a function to call with the number finished so far."""
    with Progress(*_columns(), console=console, refresh_per_second=2) as progress:
        task = progress.add_task(description, total=total, note="")
        yield lambda finished: progress.update(task, completed=finished)


class TrainingProgress(keras.callbacks.Callback):
    """One bar over all steps of a fit; where there is no terminal, one line an epoch.

    Args:
        steps: steps an epoch.
    """

    def __init__(self, steps):
        super().__init__()
        self.steps, self.progress = steps, None

    def on_train_begin(self, logs=None):
        """Starts the bar."""
        self.progress = Progress(*_columns(), console=console, refresh_per_second=1)
        epochs = self.params["epochs"]
        self.task = self.progress.add_task("training", total=epochs * self.steps, note="")
        if console.is_terminal:
            self.progress.start()

    def on_epoch_begin(self, epoch, logs=None):
        """Remembers the epoch."""
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        """Moves the bar."""
        self.progress.update(self.task, completed=self.epoch * self.steps + batch + 1)

    def on_epoch_end(self, epoch, logs=None):
        """Shows the epoch's numbers."""
        numbers = "  ".join(f"{name} {value:.4g}" for name, value in (logs or {}).items())
        left = self.progress.tasks[0].time_remaining
        self.progress.update(self.task, note=numbers)
        if not console.is_terminal:
            left = f"  about {left / 60:.1f} min left" if left else ""
            console.print(f"epoch {epoch + 1}/{self.params['epochs']}  {numbers}{left}")

    def close(self):
        """Takes the bar away; also when training ended by an error, even before its first step."""
        if self.progress is not None:
            self.progress.stop()

    def on_train_end(self, logs=None):
        """Stops the bar."""
        self.close()
