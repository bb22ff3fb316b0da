"""The floor of a metric: what held-out real images score in place of generated ones."""

import numpy as np

from app.data.subsets import shuffled


def real_floor(metric, held_out, samples, *, most=5, draws=None, seed=0):
    """Measures held-out real images as if they were generated, at the same n.

    Args:
        metric: function of `samples` rows, returning a float.
        held_out: array of real rows (features, logits or images), none of them in the reference;
            or None.
        samples: int, n of the generated set.
        most: int; the floor is the mean of up to so many disjoint random sets of n.
        draws: int or None; so many random draws of n rows in place of disjoint sets. They overlap:
            only for protocols that ask for it.
        seed: int; of the draws.

    Returns:
        (floor or None, note): the note is a sentence if there were too few rows, else "".

    Example:
        >>> real_floor(np.mean, np.arange(10.0), 4)
        (4.5, '')
    """
    found = 0 if held_out is None else len(held_out)
    if found < samples:
        return None, f"no floor: it needs {samples} held-out real images, there are {found}"
    if draws is None:
        starts = range(0, min(most, found // samples) * samples, samples)
        order = shuffled(np.arange(found))
        sets = [order[start : start + samples] for start in starts]
    else:
        generator = np.random.default_rng(seed)
        sets = [generator.choice(found, samples, replace=False) for _ in range(draws)]
    return float(np.mean([metric(held_out[rows]) for rows in sets])), ""
