"""Averages of any length, made after training of the snapshots of two lengths.

A snapshot is a weighted sum of the weights of all steps, its shares a power function that ends at
the time of the snapshot. The average that is wanted has such shares too, those of another power.
Least squares finds the combination of the snapshots' shares that comes nearest to them; the same
combination of the snapshots' weights is the average, as if it had been kept during training.
"""

import numpy as np

from callbacks.power_average import exponent_of
from callbacks.swapping import numpy_values


def coefficients(snapshots, sigma_rel):
    """Finds the combination of snapshots that is nearest to an average at the end of training.

    Formula, p the shares over continuous time, `p(tau) = (g + 1) tau^g / t^(g + 1)` for tau <= t::

        <p_a, p_b> = (g_a + 1) (g_b + 1) / (g_a + g_b + 1) * m^(g_a + g_b + 1)
                     / (t_a^(g_a + 1) t_b^(g_b + 1)),  m = min(t_a, t_b)
        minimise |sum_i x_i p_i - p|^2  with  sum_i x_i = 1

    The sum of one is asked for here, so that weights that do not change stay as they are; the
    paper's algorithm leaves it to the fit, where it holds nearly.

    Args:
        snapshots: list of `Snapshot`, all of one training.
        sigma_rel: float; the length wanted, at the time of the newest snapshot.

    Returns:
        (x, error): float64 (count,), and |sum_i x_i p_i - p| / |p|, the relative error of the
        shares. A stored length gives 1 for its newest snapshot and 0 for all others.

    Raises:
        ValueError: no snapshots, or a length out of range.

    Example:
        >>> x, error = coefficients(snapshots_in("runs/1/snapshots"), 0.08)

    Source: Karras et al. 2023, arXiv:2312.02696, section 3.2, appendix C and algorithm 3.
    """
    wanted = exponent_of(sigma_rel)
    if not snapshots:
        raise ValueError("An average is made of snapshots. Received: none. Train with them first.")
    times = np.array([snapshot.updates for snapshot in snapshots], "float64")
    newest = times.max()
    exact = (times == newest) & [snapshot.sigma_rel == sigma_rel for snapshot in snapshots]
    if exact.any():
        return exact.astype("float64"), 0.0
    times = np.append(times / newest, 1.0)
    exponents = np.append([exponent_of(snapshot.sigma_rel) for snapshot in snapshots], wanted)
    products = _products(times, exponents)
    lengths = np.sqrt(np.diag(products))  # to unit length, for the sake of the solver
    products = products / np.outer(lengths, lengths)
    inner, right, sides = products[:-1, :-1], products[:-1, -1], 1 / lengths[:-1]
    system = np.block([[inner, sides[:, None]], [sides[None], np.zeros((1, 1))]])
    scaled = np.linalg.solve(system, np.append(right, 1 / lengths[-1]))[:-1]
    squared = scaled @ inner @ scaled - 2 * scaled @ right + 1.0
    return scaled * lengths[-1] / lengths[:-1], float(np.sqrt(max(squared, 0.0)))


def reconstruct(model, snapshots, sigma_rel):
    """Puts an average of a length into the model, made of snapshots; returns its error.

    Weights that are not trained (statistics of batch normalisation) are those of the newest
    snapshot, that is of the raw model.

    Args:
        model: the built model that was trained.
        snapshots: as for `coefficients`.
        sigma_rel: as for `coefficients`.

    Returns:
        The relative error of the shares.

    Raises:
        ValueError: as `coefficients`.

    Example:
        >>> reconstruct(model, snapshots_in("runs/1/snapshots"), 0.08)
        0.0021
    """
    shares, error = coefficients(snapshots, sigma_rel)
    sums = [np.zeros(variable.shape, "float64") for variable in model.trainable_variables]
    for snapshot, share in sorted(zip(snapshots, shares, strict=True), key=_time):
        if share == 0:
            continue
        model.load_weights(snapshot.path)
        for total, value in zip(sums, numpy_values(model.trainable_variables), strict=True):
            total += share * value
    for variable, total in zip(model.trainable_variables, sums, strict=True):
        variable.assign(total.astype("float32"))
    return error


def _time(pair):
    """When a snapshot of a pair (snapshot, share) was taken."""
    return pair[0].updates


def _products(times, exponents):
    """The inner products <p_a, p_b> of all pairs, (count, count)."""
    one, other = exponents[:, None], exponents[None]
    early = np.minimum(times[:, None], times[None])
    powers = (early / times[:, None]) ** one * (early / times[None]) ** other
    # m^(g_a + g_b + 1) / (t_a^(g_a + 1) t_b^(g_b + 1)) in ratios of at most 1
    return (one + 1) * (other + 1) / (one + other + 1) * powers * early / np.outer(times, times)
