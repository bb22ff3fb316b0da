"""Independent references in numpy float64: what the keras.ops code is compared with.

Written from the papers, step by step and with Python loops, not from the code under test.
"""

import numpy as np


def alpha_bars(betas):
    """alpha_bar_0 = 1, alpha_bar_1, ..., alpha_bar_T."""
    values = [1.0]
    for beta in betas:
        values.append(values[-1] * (1.0 - float(beta)))
    return np.array(values)


def visited(total, count, spacing):
    """Steps k = t + 1 that a sampler visits, from noise to clean, then 0."""
    if spacing == "leading":
        times = np.arange(count)[::-1] * (total // count)
    elif spacing == "trailing":
        times = np.floor(total - np.arange(count) * total / count + 0.5 + 1e-9) - 1
    elif count == 1:
        times = np.array([total - 1])
    else:
        times = np.floor(np.linspace(0, total - 1, count) + 0.5 + 1e-9)[::-1]
    return [int(time) + 1 for time in times] + [0]


def estimates(kind, output, noisy, alpha_bar):
    """(clean, noise) of a network output, given what it predicts."""
    signal, rate = np.sqrt(alpha_bar), np.sqrt(1 - alpha_bar)
    if kind == "noise":
        return (noisy - rate * output) / signal, output
    if kind == "clean":
        return output, (noisy - signal * output) / rate
    return signal * noisy - rate * output, signal * output + rate * noisy


def _clipped(clean, noise, noisy, alpha_bar, clip):
    if clip is None:
        return clean, noise
    clean = np.clip(clean, *clip)
    return clean, (noisy - np.sqrt(alpha_bar) * clean) / np.sqrt(1 - alpha_bar)


def _pairs(bars, steps, final):
    """(step, alpha_bar, next alpha_bar) along a list of visited steps."""
    for here, there in zip(steps[:-1], steps[1:], strict=True):
        yield here, bars[here], bars[max(there, 1) if final == "first" else there]


def ddim(predict, kind, betas, steps, start, *, eta=0.0, clip=None, final="clean", draws=None):
    """DDIM (Song et al. 2020, eq. 12 and 16). predict(noisy, t) with t = 0..T-1."""
    noisy, bars = np.asarray(start, "float64"), alpha_bars(betas)
    for index, (step, bar, after) in enumerate(_pairs(bars, steps, final)):
        clean, noise = estimates(kind, predict(noisy, step - 1), noisy, bar)
        clean, noise = _clipped(clean, noise, noisy, bar, clip)
        variance = eta**2 * (1 - after) / (1 - bar) * (1 - bar / after)
        noisy = np.sqrt(after) * clean + np.sqrt(max(1 - after - variance, 0.0)) * noise
        if eta:
            noisy = noisy + np.sqrt(variance) * draws[index]
    return noisy


def ddpm(predict, kind, betas, steps, start, *, variance="posterior", clip=None, draws=None):
    """DDPM (Ho et al. 2020, eq. 7, algorithm 2) on respaced betas."""
    noisy, bars = np.asarray(start, "float64"), alpha_bars(betas)
    for index, (step, bar, after) in enumerate(_pairs(bars, steps, "clean")):
        clean, noise = estimates(kind, predict(noisy, step - 1), noisy, bar)
        clean, _ = _clipped(clean, noise, noisy, bar, clip)
        beta = 1 - bar / after
        mean = np.sqrt(after) * beta / (1 - bar) * clean
        mean = mean + np.sqrt(1 - beta) * (1 - after) / (1 - bar) * noisy
        spread = beta * (1 - after) / (1 - bar) if variance == "posterior" else beta
        noisy = mean + (np.sqrt(spread) * draws[index] if index < len(steps) - 2 else 0.0)
    return noisy


def dpm_solver(predict, kind, betas, steps, start, *, clip=None, final="clean"):
    """DPM-Solver++(2M) (Lu et al. 2022, algorithm 2) in its own symbols; last step of order 1."""
    noisy, bars, before = np.asarray(start, "float64"), alpha_bars(betas), None
    for step, bar, after in _pairs(bars, steps, final):
        clean, noise = estimates(kind, predict(noisy, step - 1), noisy, bar)
        clean, _ = _clipped(clean, noise, noisy, bar, clip)
        with np.errstate(divide="ignore"):
            half_log_snr, target = (0.5 * np.log(x / (1 - np.float64(x))) for x in (bar, after))
        h, data = target - half_log_snr, clean
        if before is not None and step != steps[-2]:
            r = (half_log_snr - before[1]) / h
            data = (1 + 1 / (2 * r)) * clean - 1 / (2 * r) * before[0]
        kept = np.sqrt((1 - after) / (1 - bar))
        noisy = kept * noisy - np.sqrt(after) * np.expm1(-h) * data
        before = clean, half_log_snr
    return noisy


class Mixture:
    """A mixture of Gaussians with diagonal covariances, whose ideal denoiser is known exactly."""

    def __init__(self, weights, means, deviations):
        self.weights = np.asarray(weights, "float64")
        self.means = np.asarray(means, "float64")
        self.deviations = np.asarray(deviations, "float64")

    @property
    def mean(self):
        return self.weights @ self.means

    @property
    def covariance(self):
        centred = self.means - self.mean
        within = np.diag(self.weights @ self.deviations**2)
        return within + (centred * self.weights[:, None]).T @ centred

    def clean(self, noisy, signal, rate, numeric=np):
        """E[clean | noisy] for points (n, d): posterior weights times posterior means.

        `numeric` is numpy or keras.ops; rates are scalars or (n, 1, 1).
        """
        means, deviations = self.means[None], self.deviations[None]  # (1, components, d)
        if numeric is not np:
            means, deviations = means.astype("float32"), deviations.astype("float32")
        offset = noisy[:, None, :] - signal * means
        variance = (signal * deviations) ** 2 + rate**2
        logits = np.log(self.weights).astype(means.dtype)[None] - 0.5 * numeric.sum(
            offset**2 / variance + numeric.log(variance), axis=-1
        )
        logits = logits - numeric.max(logits, axis=1, keepdims=True)
        shares = numeric.exp(logits)
        shares = shares / numeric.sum(shares, axis=1, keepdims=True)
        posterior = means + signal * deviations**2 / variance * offset
        return numeric.sum(shares[:, :, None] * posterior, axis=1)


def edm(denoise, levels, start, *, order=2, churn=0.0, interval=(0.0, np.inf), noise=1.0, draws=()):
    """EDM's sampler (Karras et al. 2022, algorithm 2): denoise(noisy, sigma), levels falling to 0.

    Order 1 leaves the correction out.
    """
    noisy, count = np.asarray(start, "float64"), len(levels) - 1
    for index, (level, following) in enumerate(zip(levels[:-1], levels[1:], strict=True)):
        inside = interval[0] <= level <= interval[1]
        gamma = min(churn / count, np.sqrt(2.0) - 1.0) if inside else 0.0
        raised = level * (1.0 + gamma)
        if gamma:
            noisy = noisy + np.sqrt(raised**2 - level**2) * noise * draws[index]
        slope = (noisy - denoise(noisy, raised)) / raised
        there = noisy + (following - raised) * slope
        if following > 0 and order == 2:
            second = (there - denoise(there, following)) / following
            there = noisy + (following - raised) * 0.5 * (slope + second)
        noisy = there
    return noisy


def langevin(denoise, levels, start, *, epsilon, moves, draws):
    """Annealed Langevin dynamics (Song & Ermon 2020, algorithm 1) and the last denoising step.

    denoise(noisy, sigma); levels falling, without 0; draws (levels, moves, ...).
    """
    noisy = np.asarray(start, "float64")
    for level, row in zip(levels, draws, strict=True):
        alpha = epsilon * (level / levels[-1]) ** 2
        for draw in row:
            score = (denoise(noisy, level) - noisy) / level**2
            noisy = noisy + alpha * score + np.sqrt(2 * alpha) * draw
    return denoise(noisy, levels[-1])
