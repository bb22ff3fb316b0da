"""Snapshots of power-function averages on disk, from which others are made after training."""

import dataclasses
import math
import re
from pathlib import Path

import keras

from callbacks.weights_file import write_weights


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """A file with an average of length `sigma_rel` as it was after `updates` changes."""

    sigma_rel: float
    updates: int
    path: Path


class AverageSnapshots(keras.callbacks.Callback):
    """Writes power-function averages to files at the ends of a few epochs, evenly spread.

    Use it after the averages in `callbacks`; `average_reconstruction` makes averages of other
    lengths of the files. Which epochs are kept depends on the numbers of epochs and of snapshots
    only, so a resumed run leaves the files of one that was never stopped. The last epoch is among
    them. Disk use: `count` times the number of averages times the size of the weights, no more.

    Args:
        averages: the `PowerFunctionAverage`s of the same `fit`.
        folder: where files like `sigma-0.05-updates-00001200.weights.h5` are written.
        count: int >= 1; epochs kept of the whole training. 16 makes two snapshots fall into the
            width of the average of sigma_rel 0.05 at the end.

    Raises:
        ValueError: no averages, two of one length, or `count` below 1.

    Example:
        >>> averages = [PowerFunctionAverage(0.05), PowerFunctionAverage(0.10)]
        >>> snapshots = AverageSnapshots(averages, "runs/1/snapshots")
        >>> model.fit(batches, epochs=40, callbacks=[*averages, snapshots])

    References:
        Karras et al. 2023, arXiv:2312.02696, section 3.2 (two lengths, snapshots at intervals).
    """

    def __init__(self, averages, folder, count=16):
        super().__init__()
        lengths = [average.sigma_rel for average in averages]
        if count < 1 or not lengths or len(set(lengths)) < len(lengths):
            raise ValueError(
                "Expected one average or more, of different lengths, and `count` of at least 1. "
                f"Received: lengths {lengths}, count {count}."
            )
        self.averages, self.folder, self.count = list(averages), Path(folder), int(count)

    def on_epoch_end(self, epoch, logs=None):
        """Writes if this epoch is one of those kept."""
        if epoch + 1 not in kept_epochs(self.params["epochs"], self.count):
            return
        for average in self.averages:
            name = f"sigma-{average.sigma_rel:g}-updates-{average.updates:08d}.weights.h5"
            with average.swapped(self.model) as model:
                write_weights(model, self.folder / name)


def kept_epochs(epochs, count):
    """The epochs, from 1, at whose ends snapshots are taken: `count` equal parts of all.

    Example:
        >>> sorted(kept_epochs(10, 4))
        [3, 5, 8, 10]
    """
    return {math.ceil(part * epochs / count) for part in range(1, count + 1)}


def snapshots_in(folder):
    """The `Snapshot`s in a folder, by length and time; [] if there is no such folder.

    Example:
        >>> snapshots_in("runs/1/snapshots")[-1].updates
        1200
    """
    found = []
    for path in Path(folder).glob("sigma-*.weights.h5"):
        match = re.fullmatch(r"sigma-([\d.e-]+)-updates-(\d+)\.weights\.h5", path.name)
        if match:
            found.append(Snapshot(float(match[1]), int(match[2]), path))
    return sorted(found, key=lambda snapshot: (snapshot.sigma_rel, snapshot.updates))
