"""How good a classifier is on clean test images, and what it learned of wrong labels."""

import numpy as np
from scipy import special

from app.metrics.accuracy import class_accuracy
from app.metrics.calibration import calibration_error
from app.metrics.score import Score


def held_out_scores(logits, labels):
    """Scores of a classifier on held-out images with true labels.

    Args:
        logits: float `(n, classes)`.
        labels: int `(n,)`.

    Returns:
        dict of Scores: "test_accuracy" with Wilson's 95 % interval, "test_cross_entropy" (nats, the
        mean, with a normal 95 % interval) and "calibration_error" (15 bins).

    Example:
        >>> held_out_scores(np.eye(3) * 9, np.arange(3))["test_accuracy"].value
        1.0
    """
    logits, labels = np.asarray(logits, np.float64), np.asarray(labels)
    count = len(labels)
    losses = special.logsumexp(logits, axis=1) - logits[np.arange(count), labels]
    half = 1.96 * losses.std(ddof=1) / np.sqrt(count) if count > 1 else np.inf
    accuracy = class_accuracy(logits.argmax(axis=1), labels)
    error = calibration_error(special.softmax(logits, axis=1), labels)
    return {
        "test_accuracy": Score("test_accuracy", accuracy.value, count, interval=accuracy.interval),
        "test_cross_entropy": Score(
            "test_cross_entropy",
            float(losses.mean()),
            count,
            interval=(float(losses.mean() - half), float(losses.mean() + half)),
        ),
        "calibration_error": Score("calibration_error", error, count),
    }


def memorisation(predicted, labels, wrong):
    """What a classifier makes of its own training labels.

    Args:
        predicted: int `(n,)`; classes it sees in training images.
        labels: int `(n,)`; their labels as trained on.
        wrong: bool `(n,)`; which of those are wrong.

    Returns:
        dict: "fitted_right", share of right labels it predicts; "fitted_wrong", share of wrong
        labels it predicts: it memorised them. A part that is empty is left out.

    Example:
        >>> memorisation(np.array([1, 2]), np.array([1, 2]), np.array([False, True]))
        {'fitted_right': 1.0, 'fitted_wrong': 1.0}
    """
    hits = np.asarray(predicted) == np.asarray(labels)
    parts = {"fitted_right": hits[~wrong], "fitted_wrong": hits[wrong]}
    return {name: float(part.mean()) for name, part in parts.items() if len(part)}
