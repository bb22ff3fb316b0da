"""DDPM: ancestral sampling, one small random step back at a time."""

import keras
from keras import ops

from app.diffusion.samplers import loop

VARIANCES = ("posterior", "beta")


@keras.saving.register_keras_serializable("diffusion")
class DDPM(loop.Sampler):
    """Draws the previous state from the Gaussian that the clean estimate implies.

    Use it with all steps of the schedule, where it is the original; with fewer, the betas are
    those of the steps really taken (`beta = 1 - alpha_bar_t / alpha_bar_next`), so that it is
    right for any number. No noise is added in the last step.

    Formula, a and s the rates now, a' and s' those of the next time, beta = s^2 - (a s' / a')^2:
    `mean = (a' beta / s^2) clean + (a s'^2 / (a' s^2)) noisy`, variance beta s'^2 / s^2
    ("posterior": right if the data is one point) or beta ("beta": right if it is unit noise).

    Args:
        variance: "posterior" or "beta".
        clip: pair (lowest, highest) of pixel values, in the units of the training images, or None.

    Call arguments:
        denoiser: function `(noisy, time, condition) -> Estimate`.
        trajectory: `Trajectory`; the chain ends with the alpha_bar that it says.
        start: float (batch, height, width, channels), the noise to start from.
        seed, first_index: int or int32 tensor, see `randomness.normal`.
        condition: what the denoiser takes, or None.
        first_step: int or int32 tensor, place in the trajectory where `start` is; 0 is its start.
        noise: function `(index, shape) -> z`, instead of the generator; for tests.

    Returns:
        float32 images, shaped as `start`.

    Raises:
        ValueError: unknown variance, or clip not a rising pair.

    Example:
        ```python
        start = randomness.normal(7, 0, 16, 0, randomness.START, (28, 28, 1))
        images = DDPM()(denoise, Trajectory(schedule, 1000), start, seed=7, first_index=0)
        ```

    Source: Ho, Jain, Abbeel 2020, arXiv:2006.11239v2, eq. 7 and algorithm 2; respaced betas
    Nichol & Dhariwal 2021, arXiv:2102.09672v1, eq. 19.
    """

    def __init__(self, variance="posterior", clip=(-1.0, 1.0)):
        if variance not in VARIANCES:
            raise ValueError(f"`variance` must be one of {VARIANCES}. Received: {variance!r}")
        self.variance = variance
        self.clip = loop.checked_clip(clip)

    def step(self, denoiser, trajectory, noisy, index, condition, draw):
        """Returns the images at `index + 1` of the trajectory from those at `index`."""
        signal, rate, next_signal, next_rate, beta = loop.rates(trajectory, index)
        clean, _ = loop.estimate(denoiser, trajectory, noisy, index, condition, self.clip)
        # eq. 7: posterior mean
        mean = next_signal * beta / rate**2 * clean
        mean += signal / next_signal * (next_rate / rate) ** 2 * noisy
        # eq. 7 and section 3.2: its two variances
        sigma = ops.sqrt(beta)
        if self.variance == "posterior":
            sigma = sigma * next_rate / rate
        sigma = ops.where(loop.last(trajectory, index), 0.0, sigma)
        return mean + sigma * draw(index, ops.shape(noisy))

    def get_config(self):
        """Returns the arguments."""
        return {"variance": self.variance, "clip": self.clip}
