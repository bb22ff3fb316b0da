"""DDIM: from noise to image along a smooth path, in few steps."""

import keras
from keras import ops

from app.diffusion.samplers import loop


@keras.saving.register_keras_serializable("diffusion")
class DDIM(loop.Sampler):
    """Steps that keep the predicted noise (eta 0) or renew a part of it (eta 1: all of DDPM's).

    Use eta = 0 for few steps, for repeatable paths from start to image, and for interpolation; the
    error of the path falls as 1 / steps. eta = 1 is `DDPM(variance="posterior")`.

    Formula, a and s the rates now, a' and s' those of the next time, beta = s^2 - (a s' / a')^2:
    `sigma = eta s' sqrt(beta) / s`, `next = a' clean + sqrt(s'^2 - sigma^2) noise + sigma z`.
    The clean estimate is clipped first, and the noise then derived from the clipped image, so that
    the two still make up the noisy one.

    Args:
        eta: float in [0, 1]; part of DDPM's noise that is drawn anew. At 0 none is computed.
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
        ValueError: eta out of range, or clip not a rising pair.

    Example:
        ```python
        start = randomness.normal(7, 0, 16, 0, randomness.START, (28, 28, 1))
        images = DDIM()(denoise, Trajectory(schedule, 50), start, seed=7, first_index=0)
        ```

    Source: Song, Meng, Ermon 2020, arXiv:2010.02502v4, eq. 12 and 16.
    """

    def __init__(self, eta=0.0, clip=(-1.0, 1.0)):
        if not 0.0 <= eta <= 1.0:
            raise ValueError(f"`eta` must be from 0 (no new noise) to 1 (DDPM). Received: {eta}")
        self.eta = float(eta)
        self.clip = loop.checked_clip(clip)

    @property
    def draws_noise(self):
        """Whether its steps add noise: unless eta is 0."""
        return self.eta != 0.0

    def step(self, denoiser, trajectory, noisy, index, condition, draw):
        """Returns the images at `index + 1` of the trajectory from those at `index`."""
        _, rate, next_signal, next_rate, beta = loop.rates(trajectory, index)
        clean, unit = loop.estimate(denoiser, trajectory, noisy, index, condition, self.clip)
        renewed = self.eta**2 * beta / rate**2  # share of the next variance drawn anew
        kept = next_rate * ops.sqrt(ops.maximum(1.0 - renewed, 0.0))
        following = next_signal * clean + kept * unit
        if not self.draws_noise:
            return following
        sigma = next_rate * ops.sqrt(renewed)
        return following + sigma * draw(index, ops.shape(noisy))

    def get_config(self):
        """Returns the arguments."""
        return {"eta": self.eta, "clip": self.clip}
