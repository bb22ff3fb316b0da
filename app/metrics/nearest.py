"""Distance to the nearest training image: does the generator repeat what it has seen?"""

import numpy as np

from app.metrics.distances import BLOCK, blocks, squared_distances
from app.metrics.intervals import median_interval
from app.metrics.score import Score, measured_by


def nearest(queries, training, block=BLOCK):
    """Finds the nearest training row of each query in blocks of bounded memory.

    Args:
        queries: features `(n, dimension)`.
        training: features `(m, dimension)`, at least one row.
        block: int; rows and columns of distances held at once.

    Returns:
        Euclidean distances `(n,)` float64 and row numbers `(n,)` of the training set.

    Raises:
        ValueError: if either set is empty.

    Example:
        >>> distances, rows = nearest(np.array([[0.0, 1.0]]), np.array([[9.0, 9.0], [0.0, 4.0]]))
        >>> distances.tolist(), rows.tolist()
        ([3.0], [1])
    """
    if not len(queries) or not len(training):
        raise ValueError(
            "Nearest neighbours need at least one query and one training row. "
            f"Received: {len(queries)} and {len(training)}."
        )
    best = np.full(len(queries), np.inf)
    rows = np.zeros(len(queries), np.int64)
    for start, chosen in blocks(queries, block):
        here = slice(start, start + len(chosen))
        for other, columns in blocks(training, block):
            table = squared_distances(chosen, columns)
            place = table.argmin(1)
            found = np.take_along_axis(table, place[:, None], 1)[:, 0]
            rows[here] = np.where(found < best[here], place + other, rows[here])
            best[here] = np.minimum(found, best[here])
    # |a|^2 + |b|^2 - 2ab leaves rounding where a copy should give 0: measure the winners directly.
    for start, chosen in blocks(queries, block):
        here = slice(start, start + len(chosen))
        difference = np.asarray(chosen, np.float64) - np.asarray(training[rows[here]], np.float64)
        best[here] = np.sqrt(np.einsum("nd,nd->n", difference, difference))
    return best, rows


def nearest_rows(queries, training, neighbours=5, block=BLOCK):
    """Finds the nearest training rows of each query, the nearest first.

    Args:
        queries: features `(n, dimension)`.
        training: features `(m, dimension)`.
        neighbours: int, at least 1; at most m are found.
        block: int; rows of distances held at once.

    Returns:
        int64 `(n, neighbours)`; row numbers of the training set.

    Example:
        >>> nearest_rows(np.array([[0.0]]), np.array([[9.0], [1.0], [-2.0]]), 2).tolist()
        [[1, 2]]
    """
    queries = np.asarray(queries)
    best = np.full((len(queries), 0), np.inf)
    rows = np.zeros((len(queries), 0), np.int64)
    for start, columns in blocks(training, block):
        table = np.concatenate([best, squared_distances(queries, columns)], axis=1)
        places = np.broadcast_to(
            np.arange(start, start + len(columns)), (len(queries), len(columns))
        )
        places = np.concatenate([rows, places], axis=1)
        order = np.argsort(table, axis=1, kind="stable")[:, :neighbours]
        best = np.take_along_axis(table, order, 1)
        rows = np.take_along_axis(places, order, 1)
    return rows


def nearest_score(
    generated, training, held_out=None, *, name="nearest_training", extractor=None, description=None
):
    """Measures the median distance of generated images to their nearest training image.

    Use it to tell learning from copying: a generator that copies lies far below the median of
    held-out real images, one that draws nonsense far above it.

    Args:
        generated: features `(n, dimension)`; pixels or an extractor's.
        training: features of the images the generator was trained on.
        held_out: features of real images it has not seen, or None; their median is the floor.
        name: str; name of the score.
        extractor: the feature extractor, for its name and digest, or None.
        description: str; what the training set is, in words.

    Returns:
        Score; the interval is that of the median from order statistics (95 %).

    Example:
        >>> real = np.random.default_rng(0).normal(size=(200, 4))
        >>> score = nearest_score(real[:20], real[:100], real[100:])
        >>> score.value, score.floor > 0.5
        (0.0, True)
    """
    distances, _ = nearest(generated, training)
    floor = None if held_out is None else float(np.median(nearest(held_out, training)[0]))
    return Score(
        name=name,
        value=float(np.median(distances)),
        samples=len(generated),
        floor=floor,
        interval=median_interval(distances),
        **measured_by(extractor),
        reference=description,
        reference_samples=len(training),
    )
