"""Labels of which some are wrong, and how many: counted, checked, warned of."""

import dataclasses
import warnings

import numpy as np

from app.errors import UserError


@dataclasses.dataclass(frozen=True)
class NoisyLabels:
    """Labels to train on, and how wrong they are.

    Args:
        labels: int64 (count,), 0 to classes - 1.
        transitions: float64 (classes, classes); realised share of class i that is labelled j. Rows
            sum to 1; a class without samples has a row of nan.
        rate: realised share of wrong labels.
        description: kind, nominal rate and seed, for the record of a run.

    Example:
        ```python
        noisy = symmetric(np.arange(10), 10, rate=0.4, seed=0)
        ```
    """

    labels: np.ndarray
    transitions: np.ndarray
    rate: float
    description: str

    @property
    def rate_by_class(self):
        """Realised share of wrong labels of each true class, float64 (classes,)."""
        return 1.0 - np.diag(self.transitions)


def realised(labels, noisy, classes, description):
    """NoisyLabels with the transitions counted.

    Args:
        labels: int64 (count,), clean.
        noisy: int64 (count,).
        classes: number of classes.
        description: what was drawn.

    Example:
        ```python
        realised(np.array([0, 1]), np.array([1, 1]), 2, "by hand").rate  # 0.5
        ```
    """
    counts = np.zeros((classes, classes))
    np.add.at(counts, (labels, noisy), 1)
    with np.errstate(invalid="ignore"):
        transitions = counts / counts.sum(axis=1, keepdims=True)
    return NoisyLabels(noisy, transitions, float(np.mean(labels != noisy)), description)


def warn_of_hopeless(rate, classes, advice):
    """Warns of a share of wrong labels from which no method can learn, 1 - 1 / classes and more.

    Args:
        rate: share of wrong labels.
        classes: number of classes.
        advice: what to do, a sentence.

    Example:
        ```python
        warn_of_hopeless(0.9, 10, "Take a lower rate.")
        ```
    """
    if rate >= 1.0 - 1.0 / classes:
        warnings.warn(
            f"With a share of {rate:.3g} of the labels of {classes} classes wrong no method can "
            "learn: the true class is not the most frequent label, which it is only below "
            f"{1 - 1 / classes:.3g}. {advice}",
            stacklevel=3,
        )


def checked(labels, classes, rate, seed):
    """int64 labels and a generator, or a sentence.

    Args:
        labels: whole numbers (count,).
        classes: number of classes, at least 2.
        rate: float in [0, 1).
        seed: whole number >= 0.

    Raises:
        UserError: a value out of range.

    Example:
        ```python
        labels, random = checked([0, 1], classes=2, rate=0.4, seed=0)
        ```
    """
    labels = np.asarray(labels)
    if classes < 2 or not 0.0 <= rate < 1.0:
        raise UserError(
            "At least 2 classes and a rate from 0 to below 1 were expected. "
            f"Received: {classes} classes, rate {rate}."
        )
    whole = labels.ndim == 1 and labels.size and labels.dtype.kind in "uif"
    if not whole or np.any(labels != np.floor(labels)):
        raise UserError(
            "Labels must be whole numbers of shape (count,). Received: an array of dtype "
            f"{labels.dtype} and shape {labels.shape}. Attributes cannot be made noisy."
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise UserError(
            f"Labels from 0 to {classes - 1} were expected. Received: {labels.min():g} to "
            f"{labels.max():g}. Check the number of classes."
        )
    return labels.astype("int64"), np.random.Generator(np.random.PCG64(seed))
