"""The named schedules: variance preserving from betas, exploding and flow from their rates."""

import numpy as np

from app.config.fitting import STEPS_LIMIT
from app.diffusion import betas as formulas
from app.diffusion import levels
from app.diffusion.schedule import Schedule


def linear(steps=1000, first=1e-4, last=0.02, scaled=False):
    """Returns the linear schedule of DDPM.

    The betas are those written unless `scaled`: unscaled, T = 200 leaves 36 % of the signal at
    the end, T = 5000 spends most steps on pure noise. `scaled=True` multiplies by 1000 / T, which
    keeps the end where T = 1000 has it.

    Args:
        steps: int T >= 1.
        first: float, beta_1.
        last: float, beta_T.
        scaled: bool; multiply both by 1000 / steps.

    Source: Ho et al. 2020, arXiv:2006.11239v2, section 4; scaling as in Nichol & Dhariwal's code.
    """
    betas = formulas.linear(_whole(steps), first, last, scaled)
    arguments = {"steps": steps, "first": first, "last": last, "scaled": scaled}
    return Schedule(betas, "linear", arguments)


def cosine(steps=1000, offset=0.008):
    """Returns the cosine schedule: alpha_bar = cos^2((k / T + s) / (1 + s) pi / 2), beta <= 0.999.

    Source: Nichol & Dhariwal 2021, arXiv:2102.09672v1, eq. 17.
    """
    betas = formulas.cosine(_whole(steps), offset)
    return Schedule(betas, "cosine", {"steps": steps, "offset": offset})


def geometric(steps=1000, first=1e-4, last=0.02):
    """Returns beta_k = first (last / first)^(k / T); with these ends 15 % of the signal stays."""
    betas = formulas.geometric(_whole(steps), first, last)
    return Schedule(betas, "geometric", {"steps": steps, "first": first, "last": last})


def annealed(steps=1000, first=1e-4, last=0.02):
    """Returns beta_k = (last - first) / 2 (1 - cos(pi k / T)) + first, a cosine-annealed rise."""
    betas = formulas.annealed(_whole(steps), first, last)
    return Schedule(betas, "annealed", {"steps": steps, "first": first, "last": last})


def sigmoid(steps=1000, start=-3.0, end=3.0, temperature=1.0):
    """Returns an alpha_bar along the logistic curve between `start` and `end`, beta <= 0.999.

    Source: Jabri, Fleet, Chen 2022, arXiv:2212.11972v1, section 3 (there gamma; tau = temperature).
    """
    betas = formulas.sigmoid(_whole(steps), start, end, temperature)
    arguments = {"steps": steps, "start": start, "end": end, "temperature": temperature}
    return Schedule(betas, "sigmoid", arguments)


def exploding(steps=1000, smallest=0.01, largest=50.0):
    """Returns the noise levels of score matching: signal rate 1, sigma in equal ratios.

    Use it for score-based models and annealed Langevin dynamics. `largest` should reach the
    distance between images, so that all look alike there; `smallest` be too little to see.

    Formula: `noise_rate_k = smallest (largest / smallest)^((k - 1) / (T - 1))`, k = 1..T.

    Args:
        steps: int T >= 1, noise levels. Of one level it is the largest.
        smallest: float > 0, noise level of step 1, in the units of the pixels.
        largest: float > smallest, noise level of step T.

    Raises:
        ValueError: steps out of range, or levels that do not rise from above 0.

    Source: Song & Ermon 2019, arXiv:1907.05600v3, section 3; Song et al. 2020, arXiv:2011.13456v2,
    eq. 9 (variance exploding).
    """
    noise = levels.geometric(_whole(steps), smallest, largest)
    arguments = {"steps": steps, "smallest": smallest, "largest": largest}
    return _of_levels(noise, "exploding", arguments)


def karras(steps=1000, smallest=0.002, largest=80.0, rho=7.0):
    """Returns EDM's noise levels: signal rate 1, sigma^(1 / rho) in equal steps.

    Use it with the target edm and the sampler heun: `rho` crowds the steps where the image is
    nearly clean. Spacing "linspace" visits EDM's own n levels if n - 1 divides T - 1, and
    otherwise the nearest of these T.

    Formula: `noise_rate_k = (smallest^(1/rho) + (k - 1) / (T - 1) (largest^(1/rho) -
    smallest^(1/rho)))^rho`, k = 1..T.

    Args:
        steps: int T >= 1, noise levels. Of one level it is the largest.
        smallest: float > 0, noise level of step 1, in the units of the pixels.
        largest: float > smallest, noise level of step T.
        rho: float > 0; 1 spaces sigma evenly, infinity its logarithm.

    Raises:
        ValueError: steps out of range, or levels that do not rise from above 0.

    Source: Karras, Aittala, Aila, Laine 2022, arXiv:2206.00364v2, eq. 5.
    """
    noise = levels.karras(_whole(steps), smallest, largest, rho)
    arguments = {"steps": steps, "smallest": smallest, "largest": largest, "rho": rho}
    return _of_levels(noise, "karras", arguments)


def flow(steps=1000):
    """Returns the straight line from image to noise: `noisy = (1 - time) clean + time noise`.

    Use it with the target flow. It ends in pure noise, with a log-SNR of minus infinity.

    Source: Lipman et al. 2022, arXiv:2210.02747v2, eq. 22 (sigma_min = 0, time reversed); Liu,
    Gong, Liu 2022, arXiv:2209.03003v1, eq. 1 (rectified flow).
    """
    noise = np.arange(_whole(steps) + 1, dtype="float64") / steps
    return Schedule(name="flow", arguments={"steps": steps}, rates=(1.0 - noise, noise))


SCHEDULES = {
    function.__name__: function
    for function in (
        *(linear, cosine, geometric, annealed, sigmoid),
        *(exploding, karras, flow),
    )
}


def _of_levels(noise, name, arguments):
    """The variance-exploding schedule of rising noise levels, the clean image before them."""
    rates = np.ones(len(noise) + 1), np.append(0.0, noise)
    return Schedule(name=name, arguments=arguments, rates=rates)


def _whole(steps):
    """The number of steps, refused when it is not a whole number in range."""
    if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= STEPS_LIMIT:
        raise ValueError(f"`steps` must be an integer from 1 to {STEPS_LIMIT}. Received: {steps!r}")
    return steps
