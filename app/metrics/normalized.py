"""Frechet distance on a scale of its own: 0 = real images, 1 = all black."""

from dataclasses import replace

from app.metrics.frechet import frechet_distance
from app.metrics.statistics import Statistics


def black_score(score, black, reference, name="frechet_black"):
    """Returns the Frechet distance of n all-black images, the far end of the scale.

    Args:
        score: Score of `frechet_score`, whose n, extractor and reference it shares.
        black: features `(1, dimension)` of one black image.
        reference: features of the real images, or their `Statistics`.
        name: str; name of the score.
    """
    # n equal images have no covariance: |m - black|^2 + tr(S) = distance of a single one.
    value = frechet_distance(Statistics.of(black), reference)
    return replace(score, name=name, value=value, floor=None, interval=None, note="")


def normalized_score(score, black, name="frechet_normalized"):
    """Returns `(distance - floor) / (black - floor)`, or None where there is no scale.

    Use it to follow one data set, or to compare with reports that print it; it needs a score with a
    floor. The Frechet MNIST distance of reports takes 32 samples against the first 512 test images,
    and its 0 from 15 random draws of real test images:

    Args:
        score: Score of `frechet_score`, with a floor.
        black: Score of `black_score`.
        name: str; name of the score.

    Example:
        >>> import numpy as np
        >>> from app.metrics.frechet import frechet_score
        >>> test = np.random.default_rng(0).normal(size=(2000, 4)) + 3  # features of test images
        >>> score = frechet_score(test[:32] + 1, test[:512], test[512:], draws=15)
        >>> black = black_score(score, np.zeros((1, 4)), test[:512])
        >>> 0 < normalized_score(score, black).value < 1
        True
    """
    if score.floor is None or black.value <= score.floor:
        return None
    span = black.value - score.floor
    interval = score.interval and tuple((end - score.floor) / span for end in score.interval)
    return replace(
        score,
        name=name,
        value=(score.value - score.floor) / span,
        floor=0.0,
        interval=interval,
        note="0 = held-out real images, 1 = all black",
    )
