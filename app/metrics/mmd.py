"""Maximum mean discrepancy with an RBF kernel: CMMD's, and the one with the median width."""

import numpy as np

from app.metrics.distances import squared_distances
from app.metrics.floor import real_floor
from app.metrics.intervals import left_out_interval
from app.metrics.kernel import KernelSums, check_pair, rbf_kernel
from app.metrics.score import Score, digest, measured_by

CMMD = {"sigma": 10.0, "scale": 1000.0, "normalize": True, "unbiased": False}  # as published


def median_distance(features, most=2000, seed=0, normalize=False):
    """Returns the median distance between two rows: the usual width of an RBF kernel.

    Args:
        features: array `(samples, dimension)`, at least 2.
        most: int; of more rows so many are drawn.
        seed: int; of the draw.
        normalize: bool; rows are divided by their length first.

    Returns:
        float, in units of the features.

    Raises:
        ValueError: if more than half of the rows are equal, so that it is 0.

    Example:
        >>> median_distance(np.array([[0.0], [1.0], [5.0]]))
        4.0

    References:
        Gretton et al. 2012, JMLR 13, 723-773, section 8 (there of both sets together).
    """
    features = np.asarray(features)
    if len(features) > most:
        rows = np.random.default_rng(seed).choice(len(features), most, replace=False)
        features = features[rows]
    if normalize:
        features = unit_rows(features)
    squares = squared_distances(features, features)
    median = float(np.median(np.sqrt(squares[np.triu_indices(len(features), 1)])))
    if not median > 0:
        raise ValueError(
            "The median distance of the features is 0: most of them are equal, which makes no "
            "kernel width. Pass `sigma`, or look at the images."
        )
    return median


def unit_rows(features):
    """Returns float64 rows of length 1 (a row of zeros stays)."""
    features = np.asarray(features, np.float64)
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)


def squared_mmd(generated, reference, sigma=None, *, unbiased=True, normalize=False):
    """Returns MMD^2 with the kernel `exp(-|x - y|^2 / (2 sigma^2))`.

    Args:
        generated: features `(n, dimension)`, n at least 2.
        reference: features `(m, dimension)`, m at least 2.
        sigma: float above 0, in units of the features. Default None: the median distance of the
            reference, so that scores against one reference compare.
        unbiased: bool. True: U-statistic, may be negative. False: V-statistic, at least 0, with a
            bias that falls like 1 / n.
        normalize: bool; rows are divided by their length first.

    Raises:
        ValueError: if the sets do not fit or have fewer than two rows.

    Example:
        >>> rows = np.array([[0.0], [1.0]])
        >>> squared_mmd(rows, rows, sigma=1.0, unbiased=False)
        0.0

    References:
        Gretton et al. 2012, JMLR 13, 723-773, eq. 3 (unbiased) and 5 (biased).
    """
    sums, _ = _sums(generated, reference, sigma, normalize)
    return sums.squared_mmd(unbiased)


def mmd_score(
    generated,
    reference,
    held_out=None,
    *,
    sigma=None,
    scale=1.0,
    unbiased=True,
    normalize=False,
    name="mmd",
    extractor=None,
    description=None,
):
    """Measures generated features against real ones by MMD^2, with the floor and an interval.

    Use it with image-text encoders; `mmd_score(..., **CMMD)` is CMMD's formula (sigma 10, times
    1,000, unit rows, biased, as its code; the paper prints the unbiased formula). At that width
    the kernel of unit rows is nearly straight and the score nearly `10 |mean x - mean y|^2`; the
    median width sees more. Values of different encoders have no common scale.

    The reference is held fixed: the interval tells how the score would vary with other samples of
    the same generator. The floor is the mean of up to five disjoint sets of n held-out real images.

    Args:
        generated: features `(n, dimension)`, n at least 2.
        reference: features `(m, dimension)` of real images.
        held_out: features of other real images, or None (then no floor, and the note says so).
        sigma: float above 0 or None, as for `squared_mmd`.
        scale: float; the value is multiplied by it.
        unbiased: bool, as for `squared_mmd`.
        normalize: bool, as for `squared_mmd`.
        name: str; name of the score.
        extractor: the feature extractor, for its name and digest, or None.
        description: str; what the reference is, in words.

    Returns:
        Score with value, n, floor and 95 % interval (none below 20 rows); the note has sigma.

    Example:
        >>> real = np.random.default_rng(0).normal(size=(3, 200, 4))
        >>> score = mmd_score(real[0] + 1, real[1], real[2], **CMMD, name="cmmd")
        >>> score.floor < score.value, score.note
        (True, 'sigma 10, times 1000, unit rows, biased')

    References:
        Jayasumana et al. 2023, arXiv:2401.09603v2, eq. 4 to 6.
    """
    generated = np.asarray(generated)
    sums, width = _sums(generated, reference, sigma, normalize)
    value = scale * sums.squared_mmd(unbiased)
    lowest = -np.inf if unbiased else 0.0
    interval = None
    if min(sums.counts) >= 2:
        values = scale * sums.squared_mmd_without_each(unbiased)
        interval = left_out_interval(values, value, lowest)

    def distance(rows):
        choice = {"unbiased": unbiased, "normalize": normalize}
        return scale * squared_mmd(rows, reference, width, **choice)

    floor, missing = real_floor(distance, held_out, len(generated))
    settings = f"sigma {width:.4g}, times {scale:g}, " + ("unit rows, " if normalize else "")
    settings += "unbiased" if unbiased else "biased"
    return Score(
        name=name,
        value=value,
        samples=len(generated),
        floor=floor,
        interval=interval,
        **measured_by(extractor),
        reference=description,
        reference_digest=digest(np.asarray(reference)),
        reference_samples=len(reference),
        note="; ".join(note for note in (missing, settings) if note),
    )


def _sums(generated, reference, sigma, normalize):
    """Returns the kernel's sums and its width."""
    generated, reference = np.asarray(generated), np.asarray(reference)
    check_pair(generated, reference)
    sigma = median_distance(reference, normalize=normalize) if sigma is None else float(sigma)
    kernel = rbf_kernel(sigma)
    if not normalize:
        return KernelSums.of(kernel, generated, reference), sigma

    def of_directions(first, second):  # of blocks: no float64 copy of all rows
        return kernel(unit_rows(first), unit_rows(second))

    return KernelSums.of(of_directions, generated, reference), sigma
