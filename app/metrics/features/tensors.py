"""Tensors from a file held against those that a network expects."""

import numpy as np

from app.errors import UserError


def as_expected(tensors, shapes, path, told, dropped=(".num_batches_tracked",)):
    """Returns the expected tensors as float32, or says which one is missing, odd or left over.

    Args:
        tensors: {name: array}, as a file holds them.
        shapes: {name: shape} of all that must be there.
        path: the file, for the message.
        told: a sentence that says what the file then is not.
        dropped: endings of names that may be there and are left out: counters of batches.

    Raises:
        UserError: if the tensors are not those expected, or hold numbers that are not finite or
            variances below 0.
    """
    whole = {}
    for name, shape in shapes.items():
        if name not in tensors:
            missing = sum(each not in tensors for each in shapes)
            raise UserError(
                f"{path} lacks {missing} of the {len(shapes)} tensors, the first being {name!r}. "
                f"{told}"
            )
        if tensors[name].shape != shape:
            raise UserError(
                f"{path} has the tensor {name!r} in the shape {tensors[name].shape}; expected "
                f"{shape}. {told}"
            )
        whole[name] = np.asarray(tensors[name], "float32")
        if not np.isfinite(whole[name]).all() or (
            name.endswith("running_var") and whole[name].min() < 0
        ):
            raise UserError(
                f"{path} has numbers in the tensor {name!r} that are not finite, or variances "
                "below 0: it is damaged. Get the file again."
            )
    extra = [name for name in tensors if name not in whole and not name.endswith(tuple(dropped))]
    if extra:
        raise UserError(
            f"{path} holds {len(extra)} tensors too many, the first being {min(extra)!r}. {told}"
        )
    return whole
