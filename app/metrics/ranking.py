"""How well a ranking finds what was looked for."""

import numpy as np
from sklearn.metrics import average_precision_score


def precision_at(relevant, order, count):
    """Returns the share of the first `count` of a ranking that is relevant, in [0, 1].

    Args:
        relevant: bool `(n,)`.
        order: int `(n,)`; indices, the most likely first.
        count: int >= 1.

    Example:
        >>> precision_at(np.array([True, False]), np.array([1, 0]), 2)
        0.5
    """
    return float(np.asarray(relevant)[np.asarray(order)[:count]].mean())


def average_precision(relevant, scores):
    """Returns the area under precision against recall, in (0, 1]; chance is the relevant share.

    Args:
        relevant: bool `(n,)`, at least one True.
        scores: float `(n,)`; higher means more likely.

    Example:
        >>> average_precision(np.array([True, False]), np.array([2.0, 1.0]))
        1.0
    """
    return float(average_precision_score(relevant, scores))
