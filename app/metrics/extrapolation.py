"""Frechet distance extrapolated to samples without end, where its bias is gone."""

import numpy as np

from app.data.subsets import shuffled
from app.metrics.floor import real_floor
from app.metrics.frechet import frechet_distance
from app.metrics.intervals import jackknife_interval
from app.metrics.score import Score, measured_by
from app.metrics.statistics import Statistics


def frechet_infinity(generated, reference, parts=(1, 2, 3, 4)):
    """Returns the intercept of a straight line through Frechet distances against 1 / n.

    The set is cut into 1, 2, 3 and 4 equal parts; the mean distance of the parts is the point at
    `n / parts`. Every image counts once at every point. Only the bias of the generated sample is
    removed, not that of the reference.

    Args:
        generated: features `(n, dimension)`.
        reference: features of real images, or their `Statistics`.
        parts: ints, at least two different ones; into how many parts the set is cut for each point.

    Returns:
        float; may lie below 0 for a set as good as real.

    Raises:
        ValueError: if there are fewer than two different `parts`, or not two samples in a part.

    Example:
        >>> features = np.random.default_rng(0).normal(size=(2, 400, 8))
        >>> infinite = frechet_infinity(*features)
        >>> abs(infinite) < frechet_distance(*features)
        True

    References:
        Chong & Forsyth 2020, arXiv:1911.07023v3, section 3 (there 15 random subsets of 5,000 to
        50,000; equal parts vary less for the same cost).
    """
    generated = np.asarray(generated)
    real = reference if isinstance(reference, Statistics) else Statistics.of(reference)
    if len(set(parts)) < 2 or min(parts) < 1 or len(generated) < 2 * max(parts):
        raise ValueError(
            "A line needs two different numbers of parts, and two samples in each part. "
            f"Received: {len(generated)} samples, parts={tuple(parts)}."
        )
    sizes = [len(generated) // count for count in parts]
    rows, means = shuffled(generated), []
    for count, size in zip(parts, sizes, strict=True):
        pieces = [rows[start::count][:size] for start in range(count)]
        means.append(np.mean([frechet_distance(piece, real) for piece in pieces]))
    return float(np.polyfit(1 / np.array(sizes), means, 1)[1])


def frechet_infinity_score(
    generated,
    reference,
    held_out=None,
    *,
    parts=(1, 2, 3, 4),
    name="frechet_infinity",
    extractor=None,
    description=None,
):
    """Measures generated features against real ones, free of the bias of a finite sample.

    Use it to compare sets of different n. It needs some times more samples than dimensions in the
    smallest part (else the bias is no straight line, and the note says so), and costs about 110
    Frechet distances for value and interval.

    Args:
        generated: features `(n, dimension)`.
        reference: features of real images, or their `Statistics`.
        held_out: features of other real images, or None (then no floor, and the note says so).
        parts: ints, as for `frechet_infinity`.
        name: str; name of the score.
        extractor: the feature extractor, for its name and digest, or None.
        description: str; what the reference is, in words.

    Returns:
        Score with value, floor (one set of n real images) and 95 % interval, the reference held
        fixed.

    Example:
        >>> real = np.random.default_rng(0).normal(size=(3, 400, 4))
        >>> score = frechet_infinity_score(real[0] + 1, real[1], real[2])
        >>> score.floor < score.interval[0] < score.value
        True
    """
    generated = np.asarray(generated)
    real = reference if isinstance(reference, Statistics) else Statistics.of(reference)

    def infinite(rows):
        return frechet_infinity(rows, real, parts)

    value = infinite(generated)
    interval = None
    if len(generated) >= 4 * max(parts):  # two samples a part also without a group
        interval = jackknife_interval(generated, infinite, value, lowest=-np.inf)
    floor, note = real_floor(infinite, held_out, len(generated), most=1)
    smallest, dimension = len(generated) // max(parts), len(real.mean)
    if smallest <= dimension:
        few = f"no straight line: {smallest} images in the smallest part, {dimension} dimensions"
        note = f"{note}; {few}" if note else few
    return Score(
        name=name,
        value=value,
        samples=len(generated),
        floor=floor,
        interval=interval,
        **measured_by(extractor),
        reference=description,
        reference_digest=real.digest,
        reference_samples=real.count,
        note=note,
    )
