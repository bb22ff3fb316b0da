"""A file of weights that is whole or not there, also when the disk is full."""

import contextlib
import errno
import math
import os
import shutil
from pathlib import Path


def write_weights(model, path):
    """Writes the weights of a model to a `.weights.h5` file, replacing it in one step.

    Use it in place of `model.save_weights`: a kill leaves the old file or the new one, the
    optimizer's state, of two to four times the size, stays out, and a full disk is an error like
    any other. HDF5 alone does not get over a full disk: it keeps the file open, and with it the
    space, and ends Python by a segmentation fault at exit. So room is asked for before.

    Args:
        model: a built Keras model.
        path: file to write, ending in `.weights.h5`; its folder is made.

    Raises:
        OSError: disk full, read-only, no permission; what was at `path` is as it was.

    Example:
        >>> write_weights(model, "runs/1/weights/raw.weights.h5")
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _without_optimizer(model):
        if shutil.disk_usage(path.parent).free < room(model):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        draft = path.with_name(f".new-{path.name}")
        try:
            model.save_weights(draft)
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)


def room(model):
    """Bytes that a weights file takes at most: the numbers, and 4 KiB of names for each of them."""
    return sum(4 * math.prod(variable.shape) + 4096 for variable in model.variables) + 4096


@contextlib.contextmanager
def _without_optimizer(model):
    """The model without its optimizer, for a while."""
    optimizer, model.optimizer = getattr(model, "optimizer", None), None
    try:
        yield
    finally:
        model.optimizer = optimizer
