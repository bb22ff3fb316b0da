"""Accuracy: does a classifier see the class of an image, or its attributes?"""

import numpy as np

from app.metrics.intervals import jackknife_interval, proportion_interval
from app.metrics.score import Score, measured_by


def class_accuracy(predicted, labels, real_accuracy=None, *, extractor=None):
    """Measures the share of samples that the judge assigns to the class they were made for.

    Use it with class-conditional models. The judge errs too: compare with its accuracy on real
    images of the same classes.

    Args:
        predicted: int `(n,)`; classes the judge sees, e.g. `DigitFeatures.predict(images)`.
        labels: int `(n,)`; classes that were asked for.
        real_accuracy: float in [0, 1] or None; the judge's accuracy on held-out real images (the
            `floor` field of the Score, here a ceiling).
        extractor: the judge, for its name and digest, or None.

    Returns:
        Score in [0, 1] with Wilson's 95 % interval.

    Raises:
        ValueError: if the two arrays differ in shape.

    Example:
        >>> class_accuracy(np.array([1, 2, 3, 3]), np.array([1, 2, 3, 4])).value
        0.75
    """
    predicted, labels = np.asarray(predicted), np.asarray(labels)
    if predicted.shape != labels.shape or predicted.ndim != 1:
        raise ValueError(
            "Expected one label (samples,) for each prediction. Received: "
            f"{predicted.shape} predictions and {labels.shape} labels."
        )
    hits = int(np.sum(predicted == labels))
    return Score(
        name="class_accuracy",
        value=hits / len(labels),
        samples=len(labels),
        floor=real_accuracy,
        interval=proportion_interval(hits, len(labels)),
        **measured_by(extractor),
    )


def attribute_accuracy(logits, wanted):
    """Measures the share of attributes that a classifier sees rightly, absent or present.

    Use it with classifiers of attributes. Rare ones are right mostly by saying no: compare with
    `most_frequent`.

    Args:
        logits: float `(n, attributes)`; above 0: present.
        wanted: float `(n, attributes)`; +1 present, -1 absent, 0 unknown, which counts for nothing.

    Returns:
        Score in [0, 1] with a jackknife interval over images, n of them.

    Example:
        >>> attribute_accuracy(np.array([[2.0, -1.0]] * 4), np.array([[1, 1]] * 4)).value
        0.5
    """
    wanted = np.asarray(wanted)
    right = np.where(wanted == 0, np.nan, (np.asarray(logits) > 0) == (wanted > 0))
    value = float(np.nanmean(right))
    low, high = jackknife_interval(right, np.nanmean, value)
    return Score("attribute_accuracy", value, len(right), interval=(low, min(high, 1.0)))


def most_frequent(labels):
    """Returns the accuracy of saying of each image what is most frequent: what chance gives.

    Args:
        labels: int `(n,)`, or attributes `(n, attributes)`, +1 present, -1 absent, 0 unknown.

    Example:
        >>> most_frequent(np.array([3, 3, 1, 2])), most_frequent(np.array([[1, -1], [1, 1]]))
        (0.5, 0.75)
    """
    labels = np.asarray(labels)
    if labels.ndim == 1:
        return float(np.bincount(labels).max() / len(labels))
    present, absent = (labels > 0).sum(0), (labels < 0).sum(0)
    return float(np.maximum(present, absent).sum() / (present + absent).sum())
