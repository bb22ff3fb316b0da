"""Kernel inception distance: an unbiased distance of features, from subsets of both sets."""

import numpy as np

from app.data.subsets import dealt
from app.metrics.floor import real_floor
from app.metrics.intervals import GROUPS, left_out_interval
from app.metrics.kernel import KernelSums, check_pair, cubic_kernel
from app.metrics.score import Score, digest, measured_by


def kernel_distance(generated, reference, subsets=100, subset_size=1000, seed=2020):
    """Returns the mean of the unbiased MMD^2, cubic kernel, over random subsets of both sets.

    Args:
        generated: features `(n, dimension)`, n at least 2.
        reference: features `(m, dimension)`, m at least 2.
        subsets: int, at least 1.
        subset_size: int, at least 2; rows of each set in a subset, at most n and m: with fewer
            rows all of them are used.
        seed: int; draws the subsets as torch-fidelity does for the same seed.

    Returns:
        float; may be negative, for equal distributions about as often as not.

    Raises:
        ValueError: if the sets do not fit, or a set or subset has fewer than two rows.

    Example:
        >>> features = np.random.default_rng(0).normal(size=(2, 300, 8))
        >>> kernel_distance(features[0] + 1, features[1]) > 1
        True

    References:
        Binkowski et al. 2018, arXiv:1801.01401v5, section 4 (100 subsets of 1,000).
    """
    return float(_left_out(generated, reference, subsets, subset_size, seed)[:, 0].mean())


def kid_score(
    generated,
    reference,
    held_out=None,
    *,
    subsets=100,
    subset_size=1000,
    seed=2020,
    name="kid",
    extractor=None,
    description=None,
):
    """Measures generated features against real ones by KID, with the floor and an interval.

    Use it beside the Frechet distance: it has no bias that falls with n, so smaller sets compare,
    and it sees more than two moments. Papers print it times 1,000; this value is not multiplied.

    The reference and the choice of rows are held fixed: the interval tells how the score would vary
    with other samples of the same generator. (The spread over subsets, which papers print, is not
    an error of the mean.) The floor is the same of n held-out real images, near 0, of either sign.

    Args:
        generated: features `(n, dimension)`, n at least 2.
        reference: features `(m, dimension)` of real images.
        held_out: features of other real images, or None (then no floor, and the note says so).
        subsets: int, at least 1.
        subset_size: int, at least 2; with fewer rows in a set all of them, and the note says so.
        seed: int; of the subsets.
        name: str; name of the score.
        extractor: the feature extractor, for its name and digest, or None.
        description: str; what the reference is, in words.

    Returns:
        Score with value, n, floor and 95 % interval (none below 20 rows a subset).

    Example:
        >>> real = np.random.default_rng(0).normal(size=(3, 200, 4))
        >>> score = kid_score(real[0] + 1, real[1], real[2])
        >>> abs(score.floor) < 0.1 < score.value, score.note
        (True, 'subsets of 200, not 1000: there are no more images')
    """
    generated, reference = np.asarray(generated), np.asarray(reference)
    choice = (subsets, subset_size, seed)
    values = _left_out(generated, reference, *choice).mean(0)
    size = min(subset_size, len(generated), len(reference))
    floor, missing = real_floor(
        lambda rows: kernel_distance(rows, reference, *choice), held_out, len(generated), most=1
    )
    fewer = f"subsets of {size}, not {subset_size}: there are no more images"
    interval = None
    if size >= 2 * GROUPS:
        interval = left_out_interval(values[1:], values[0], lowest=-np.inf)
    return Score(
        name=name,
        value=float(values[0]),
        samples=len(generated),
        floor=floor,
        interval=interval,
        **measured_by(extractor),
        reference=description,
        reference_digest=digest(reference),
        reference_samples=len(reference),
        note="; ".join(note for note in (missing, fewer if size < subset_size else "") if note),
    )


def _left_out(generated, reference, subsets, subset_size, seed):
    """Returns (subsets, 1 + groups): MMD^2 of each subset, of all its rows and without each group.

    A row belongs to the same group in every subset, so the mean over subsets without group g is the
    score of a set without these images.
    """
    generated, reference = np.asarray(generated), np.asarray(reference)
    check_pair(generated, reference)
    if subsets < 1 or subset_size < 2:
        raise ValueError(
            "Expected at least one subset of at least two rows. "
            f"Received: subsets={subsets}, subset_size={subset_size}."
        )
    size = min(subset_size, len(generated), len(reference))
    # The old generator, because published codes draw with it.
    generator = np.random.RandomState(seed)
    member, values = dealt(len(generated), GROUPS), []
    for _ in range(subsets):
        rows = generator.choice(len(generated), size, replace=False)
        other = generator.choice(len(reference), size, replace=False)
        sums = KernelSums.of(cubic_kernel, generated[rows], reference[other], member[rows])
        without = sums.squared_mmd_without_each(True) if size >= 2 * GROUPS else []
        values.append([sums.squared_mmd(True), *without])
    return np.array(values)
