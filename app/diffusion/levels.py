"""The noise levels of variance-exploding schedules, in numpy float64, from small to large.

A variance-exploding model adds noise and keeps the image: `noisy = clean + sigma * noise`. Each
function returns `sigma_1 .. sigma_T`, in the units of the pixels; `schedules` makes tables of them.
"""

import numpy as np


def geometric(steps, smallest, largest):
    """Returns levels of constant ratio: `smallest (largest / smallest)^((k - 1) / (T - 1))`."""
    _check(smallest, largest)
    return smallest * (largest / smallest) ** _places(steps)


def karras(steps, smallest, largest, rho):
    """Returns levels whose 1 / rho-th powers are evenly spaced."""
    _check(smallest, largest)
    if not rho > 0:
        raise ValueError(f"`rho` must be above 0. Received: {rho}. EDM takes 7.")
    low, high = smallest ** (1.0 / rho), largest ** (1.0 / rho)
    return (low + _places(steps) * (high - low)) ** rho


def _places(steps):
    """Evenly from 0 to 1; 1 alone for one step."""
    return np.linspace(0.0, 1.0, steps) if steps > 1 else np.ones(1)


def _check(smallest, largest):
    """Refuses levels that do not rise from above 0."""
    if not 0.0 < smallest < largest:
        raise ValueError(
            "The noise levels must rise from above 0. "
            f"Received: smallest {smallest}, largest {largest}."
        )
