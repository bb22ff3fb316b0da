"""Frechet distance between two sets of features: `|m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^1/2)`.

The distance of finite samples is biased upwards by about (constant / n): a value means nothing
without its n, and `frechet_score` therefore gives the distance of held-out real images at the same
n (the floor) and an interval.
"""

import numpy as np
from scipy import linalg

from app.data.subsets import dealt
from app.metrics.floor import real_floor
from app.metrics.intervals import GROUPS, jackknife_interval, left_out_interval
from app.metrics.rows_file import BLOCK, copied
from app.metrics.score import Score, measured_by
from app.metrics.statistics import Statistics


def frechet_distance(first, second):
    """Returns the Frechet distance of the Gaussians through two sets of features.

    The trace of `(S1 S2)^1/2` is taken from symmetric matrices only: with `F^T F = S1` it is the
    sum of the roots of the eigenvalues of `F S2 F^T`, of which only as many count as the smaller
    sample has degrees of freedom. Where both have no more samples than dimensions it is the sum of
    the singular values of `F1 F2^T`. Neither knows complex numbers, and a set against itself gives
    0 to rounding. `Statistics` remember their factor: pass the same object again and again.

    Args:
        first: `Statistics`, or features `(samples, dimension)`.
        second: the same of the other set.

    Returns:
        float, at least 0, in squared units of the features.

    Raises:
        ValueError: if the dimensions differ.

    Example:
        >>> features = np.random.default_rng(0).normal(size=(100, 4))
        >>> round(frechet_distance(features, features + 1), 6)
        4.0

    References:
        Dowson & Landau 1982, Journal of Multivariate Analysis 12, 450-455;
        Heusel et al. 2017, arXiv:1706.08500v6, eq. 6.
    """
    first = first if isinstance(first, Statistics) else Statistics.of(first)
    second = second if isinstance(second, Statistics) else Statistics.of(second)
    dimension = len(first.mean)
    if dimension != len(second.mean):
        raise ValueError(
            "Both sets of features must come from one extractor. Received: dimensions "
            f"{dimension} and {len(second.mean)}."
        )
    fewer, more = (first, second) if first.count < second.count else (second, first)
    if more.centred is not None and fewer.centred is not None:
        roots = linalg.svdvals(fewer.factor @ more.factor.T)
    else:
        base, other = (fewer, more) if fewer.centred is not None else (second, first)
        product = base.factor @ other.covariance @ base.factor.T
        rank = min(max(fewer.count - 1, 1), len(product))
        eigenvalues = linalg.eigvalsh(product, driver="evd", check_finite=False)
        roots = np.sqrt(np.clip(eigenvalues[-rank:], 0, None))
    shift = first.mean - second.mean
    traces = np.trace(first.covariance) + np.trace(second.covariance)
    return max(0.0, float(shift @ shift + traces - 2 * roots.sum()))


def frechet_score(
    generated,
    reference,
    held_out=None,
    *,
    draws=None,
    name="frechet",
    extractor=None,
    description=None,
):
    """Measures generated features against real ones, with the floor and an interval.

    The reference is held fixed: the interval tells how the score would vary with other samples of
    the same generator. The floor is the mean distance of up to five disjoint random sets of n
    held-out real images to the same reference; no image may be in both.

    Args:
        generated: features `(n, dimension)`.
        reference: features of real images, or their `Statistics`.
        held_out: features of other real images, or None (then no floor, and the note says so).
        draws: int or None; the floor from so many random draws of n instead (`real_floor`).
        name: str; name of the score.
        extractor: the feature extractor, for its name and digest, or None.
        description: str; what the reference is, in words.

    Returns:
        Score with value, n, floor and 95 % interval.

    Example:
        >>> real = np.random.default_rng(0).normal(size=(3, 200, 4))
        >>> score = frechet_score(real[0] + 1, real[1], real[2])
        >>> score.floor < 0.5 < score.value, score.samples
        (True, 200)
    """
    generated = np.asanyarray(generated)
    samples = len(generated)
    real = reference if isinstance(reference, Statistics) else Statistics.of(reference)
    whole = Statistics.of(generated)
    value = frechet_distance(whole, real)
    interval = None
    if samples > BLOCK:
        member = dealt(samples, GROUPS)
        parts = (Statistics.of(copied(generated, member == group)) for group in range(GROUPS))
        values = [frechet_distance(whole.without(part), real) for part in parts]
        interval = left_out_interval(values, value)
    elif samples > 1:
        interval = jackknife_interval(generated, lambda rows: frechet_distance(rows, real), value)
    floor, note = real_floor(
        lambda rows: frechet_distance(rows, real), held_out, samples, draws=draws
    )
    fewest, dimension = min(samples, real.count), len(real.mean)
    if fewest <= dimension:
        rank = f"{fewest} images in {dimension} dimensions: compare at these numbers only"
        note = f"{note}; {rank}" if note else rank
    return Score(
        name=name,
        value=value,
        samples=samples,
        floor=floor,
        interval=interval,
        **measured_by(extractor),
        reference=description,
        reference_digest=real.digest,
        reference_samples=real.count,
        note=note,
    )
