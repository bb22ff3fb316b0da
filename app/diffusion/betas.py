"""The beta formulas of the named schedules, in numpy float64.

A variance-preserving chain adds a little Gaussian noise at each step k = 1..T:
`x_k = sqrt(1 - beta_k) * x_(k-1) + sqrt(beta_k) * noise`, so that after k steps
`x_k = sqrt(alpha_bar_k) * clean + sqrt(1 - alpha_bar_k) * noise`,
`alpha_bar_k = (1 - beta_1) ... (1 - beta_k)` (Ho, Jain, Abbeel 2020, arXiv:2006.11239v2, eq. 2
and 4). Each function here returns `beta_1 .. beta_T`; `schedules` makes tables from them.
"""

import numpy as np

# Nichol & Dhariwal clip beta here, so that the last step does not destroy the signal altogether.
LARGEST_BETA = 0.999


def linear(steps, first, last, scaled):
    """Returns betas rising evenly from `first` to `last`, times 1000 / steps if `scaled`."""
    scale = 1000.0 / steps if scaled else 1.0
    return np.linspace(first * scale, last * scale, steps, dtype="float64")


def cosine(steps, offset):
    """Returns betas of a squared-cosine alpha_bar, each at most 0.999."""

    def alpha_bar(time):
        return np.cos((time + offset) / (1.0 + offset) * np.pi / 2.0) ** 2

    return _from_alpha_bars(alpha_bar(np.arange(steps + 1, dtype="float64") / steps))


def sigmoid(steps, start, end, temperature):
    """Returns betas of an alpha_bar that falls along a stretch of the logistic curve."""

    def logistic(value):
        return 1.0 / (1.0 + np.exp(-value / temperature))

    time = np.arange(steps + 1, dtype="float64") / steps
    curve = logistic(time * (end - start) + start)
    return _from_alpha_bars((logistic(end) - curve) / (logistic(end) - logistic(start)))


def geometric(steps, first, last):
    """Returns `first * (last / first)^(k / T)`, k = 1..T: constant ratio, ending at `last`."""
    return first * (last / first) ** (np.arange(1, steps + 1, dtype="float64") / steps)


def annealed(steps, first, last):
    """Returns `(last - first) / 2 * (1 - cos(pi k / T)) + first`, k = 1..T: half a cosine wave."""
    wave = 1.0 - np.cos(np.pi * np.arange(1, steps + 1, dtype="float64") / steps)
    return (last - first) / 2.0 * wave + first


def zero_terminal(betas):
    """Returns betas whose signal rates are shifted to end at 0, then scaled to start as before."""
    signal = np.sqrt(np.cumprod(1.0 - betas))
    bars = ((signal - signal[-1]) * signal[0] / (signal[0] - signal[-1])) ** 2
    return np.append(betas[0], 1.0 - bars[1:] / bars[:-1])


def _from_alpha_bars(alpha_bars):
    """Betas between successive values of alpha_bar (length T + 1, 1 at the clean end)."""
    return np.clip(1.0 - alpha_bars[1:] / alpha_bars[:-1], 0.0, LARGEST_BETA)
