"""Arrays through a function in batches of one size, so that one shape is compiled."""

import numpy as np
from keras import ops


def filled_batches(function, size, width, *arrays):
    """Passes arrays through a function in batches of one size; the last one is filled up.

    Args:
        function: from batches of the arrays to a tensor `(size, width)`.
        size: int; samples of a batch.
        width: int; numbers a sample becomes.
        *arrays: each with one row a sample.

    Returns:
        float32 `(samples, width)`.

    Example:
        >>> filled_batches(lambda rows: rows + 1, 2, 1, np.zeros((3, 1))).tolist()
        [[1.0], [1.0], [1.0]]
    """
    found = np.empty((len(arrays[0]), width), np.float32)
    for start in range(0, len(found), size):
        batches = [array[start : start + size] for array in arrays]
        count = len(batches[0])
        padded = [np.resize(batch, (size, *batch.shape[1:])) for batch in batches]
        found[start : start + count] = ops.convert_to_numpy(function(*padded))[:count]
    return found
