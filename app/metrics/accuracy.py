"""Class accuracy of conditional samples: does a classifier see the class that was asked for?"""

import numpy as np

from app.metrics.intervals import proportion_interval
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
