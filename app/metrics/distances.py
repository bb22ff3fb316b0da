"""Squared Euclidean distances between two sets of points, and the blocks they are computed in."""

import numpy as np

BLOCK = 1024


def squared_distances(first, second):
    """Returns squared Euclidean distances `(len(first), len(second))` in float64, never negative.

    Args:
        first: array `(n, dimension)`; a block, since the whole table is returned.
        second: array `(m, dimension)`.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    table = -2.0 * first @ second.T
    table += np.einsum("nd,nd->n", first, first)[:, None]
    table += np.einsum("nd,nd->n", second, second)
    return np.maximum(table, 0.0, out=table)


def blocks(features, size=BLOCK):
    """Yields (start, rows) of consecutive blocks."""
    for start in range(0, len(features), size):
        yield start, features[start : start + size]
