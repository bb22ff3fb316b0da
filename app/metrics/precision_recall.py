"""Precision and recall of a set of images: are they plausible, and are they all there?

Around every point of a set lies a ball as wide as the distance to its k-th nearest neighbour in
that set. Precision is the share of generated points inside a ball of the real set, recall the share
of real points inside a ball of the generated set. Distances are computed in square blocks, so the
memory does not grow with the sets.
"""

import numpy as np

from app.data.subsets import random_rows
from app.metrics.distances import BLOCK, blocks, squared_distances
from app.metrics.intervals import proportion_interval
from app.metrics.score import Score, measured_by


def squared_radii(features, neighbours=3, block=BLOCK):
    """Returns the squared distance of each point to its k-th nearest other point.

    Args:
        features: array `(n, dimension)`, n > neighbours.
        neighbours: int, k, at least 1; the point itself does not count.
        block: int; rows and columns held at once.

    Raises:
        ValueError: if there are not more points than neighbours.
    """
    if not 1 <= neighbours < len(features):
        raise ValueError(
            f"Expected more than neighbours={neighbours} points and at least one neighbour. "
            f"Received: {len(features)} points."
        )
    radii = np.empty(len(features))
    for start, rows in blocks(features, block):
        nearest = np.full((len(rows), neighbours), np.inf)
        for other, columns in blocks(features, block):
            table = squared_distances(rows, columns)
            if other == start:
                np.fill_diagonal(table, np.inf)
            both = np.concatenate([nearest, table], axis=1)
            nearest = np.partition(both, neighbours - 1, axis=1)[:, :neighbours]
        radii[start : start + len(rows)] = nearest.max(1)
    return radii


def covered(points, centres, radii, block=BLOCK):
    """Returns for each point whether it lies inside the ball of at least one centre (bool)."""
    inside = np.zeros(len(points), bool)
    for start, rows in blocks(points, block):
        for other, columns in blocks(centres, block):
            hits = squared_distances(rows, columns) <= radii[other : other + len(columns)]
            inside[start : start + len(rows)] |= hits.any(1)
    return inside


def precision_recall(
    generated, real, held_out=None, *, neighbours=3, extractor=None, description=None, block=BLOCK
):
    """Measures how much of the generated set is plausible and how much of the real set is covered.

    Use it beside a Frechet distance, which mixes the two. Both shares depend on the sizes of the
    sets (small sets have wide balls): use as many real as generated points to compare with
    published figures, and read them beside the same shares of held-out real images.

    Formula: `precision = mean_g [exists r: |g - r| <= radius_k(r)]`, recall with the roles changed.

    Args:
        generated: features `(n, dimension)`.
        real: features `(m, dimension)` of real images.
        held_out: features of other real images, or None; n of them at random (n generated) give
            the `floor` field, here what a perfect generator would reach. None if fewer.
        neighbours: int, k. Default 3, as in the paper.
        extractor: the feature extractor, for its name and digest, or None.
        description: str; what the real set is, in words.
        block: int; rows and columns of distances held at once.

    Returns:
        dict with the Scores "precision" and "recall"; intervals are Wilson's, with the balls fixed.

    Example:
        >>> real = np.random.default_rng(0).normal(size=(100, 2))
        >>> scores = precision_recall(real[:50] * 0.1, real)
        >>> scores["precision"].value > scores["recall"].value
        True

    References:
        Kynkaanniemi et al. 2019, arXiv:1904.06991v3, eq. 1 and 2.
    """
    real_radii = squared_radii(real, neighbours, block)

    def shares(candidates):
        precise = covered(candidates, real, real_radii, block)
        radii = squared_radii(candidates, neighbours, block)
        return precise, covered(real, candidates, radii, block)

    ceilings, note = (None, None), ""
    if held_out is not None and len(held_out) >= len(generated):
        ceilings = [float(hits.mean()) for hits in shares(random_rows(held_out, len(generated)))]
    else:
        note = f"no real-against-real value: it needs {len(generated)} held-out images"
    return {
        name: Score(
            name=name,
            value=float(hits.mean()),
            samples=len(generated),
            floor=ceiling,
            interval=proportion_interval(hits.sum(), len(hits)),
            **measured_by(extractor),
            reference=description,
            reference_samples=len(real),
            note=note,
        )
        for name, hits, ceiling in zip(
            ("precision", "recall"), shares(generated), ceilings, strict=True
        )
    }
