"""Fair subsets: sets come sorted by class or class in turn, and a cut of them is no sample."""

import numpy as np


def shuffled(rows, seed=0):
    """Returns the rows in an order that is random but always the same.

    Use it before a part of a set stands for the whole: the first n, or every tenth. Embedded MNIST
    is sorted by digit, so that its first 1,000 images show five digits at the most; generated
    images ask for class 0, 1, 2, ... in turn, so that every tenth shows one digit alone.

    Args:
        rows: array `(samples, ...)`.
        seed: int; of numpy's PCG64.

    Example:
        >>> shuffled(np.arange(6)).tolist()
        [3, 2, 5, 4, 0, 1]
    """
    rows = np.asarray(rows)
    return rows[np.random.default_rng(seed).permutation(len(rows))]


def random_rows(rows, count, seed=0):
    """Returns `count` of the rows, the first ones of `shuffled`, and reads no others.

    Args:
        rows: array `(samples, ...)`, or what is sliced like one.
        count: int; with as many as there are, or more, the rows themselves, as they are.
        seed: int; of numpy's PCG64.

    Example:
        >>> random_rows(np.arange(6), 2).tolist()
        [3, 2]
    """
    if count >= len(rows):
        return rows
    return rows[shuffled(np.arange(len(rows)), seed)[:count]]


def dealt(count, groups):
    """Returns the group, 0 to groups - 1, of each of `count` rows: equal sizes, dealt at random.

    Args:
        count: int; rows.
        groups: int, at least 1.

    Example:
        >>> dealt(6, 3).tolist()
        [0, 2, 2, 1, 0, 1]
    """
    return shuffled(np.arange(count) % groups)
