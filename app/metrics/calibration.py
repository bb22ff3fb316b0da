"""Is a classifier as sure as it is right? Expected calibration error."""

import numpy as np

BINS = 15


def calibration_error(probabilities, labels, bins=BINS):
    """Returns the expected calibration error of a classifier, in [0, 1]; 0 is best.

    Use it beside accuracy where a model's probabilities are used as such. It depends on the number
    of bins and is biased upwards for few samples; compare equal ones only.

    Formula: the images are put into bins by their confidence c = max_k p_k, bin b holding
    ((b - 1) / bins, b / bins]; `sum_b n_b / n |accuracy_b - mean c_b|`.

    Args:
        probabilities: float `(n, classes)`, rows of sum 1.
        labels: int `(n,)`; true classes.
        bins: int >= 1; bins of equal width.

    Returns:
        float.

    Raises:
        ValueError: arrays that do not fit each other, or none at all.

    Example:
        >>> calibration_error(np.array([[0.8, 0.2], [0.2, 0.8]]), np.array([0, 0]), bins=1)
        0.30000000000000004

    References:
        Guo et al., "On Calibration of Modern Neural Networks", 2017, arXiv:1706.04599, eq. 3.
    """
    probabilities = np.asarray(probabilities, np.float64)
    labels = np.asarray(labels)
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1] or not len(labels):
        raise ValueError(
            "Expected probabilities (n, classes) and n labels, n at least 1. Received: "
            f"{probabilities.shape} and {labels.shape}."
        )
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gaps = np.bincount(place, right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))
