"""Cold restoration: degraded images back to clean ones, with no randomness at all."""

import keras

from app.diffusion.samplers import loop

NOISES = ("kept", "estimated")


@keras.saving.register_keras_serializable("diffusion")
class Cold(loop.Sampler):
    """Restores, then degrades a little less, by what the restored image would have changed.

    Use it where the noise is no Gaussian: an image of another data set, which is also the start.
    Algorithm 2 corrects itself: of a wrong restoration only the small difference between two
    degradations enters, so that it is exact for any restoration if the degradation is linear in the
    step. Algorithm 1 puts the whole restoration into each step, and with it its whole error.

    Formula, a and s the rates now, a' and s' those of the next time, z the noise,
    D = a clean + s z, D' = a' clean + s' z:
    algorithm 1 `next = D'`; algorithm 2 `next = noisy - D + D'`.
    z is the start ("kept"), or what the restoration leaves, `(noisy - a clean) / s` ("estimated").
    With the estimate D is the noisy image itself: both algorithms are then DDIM with eta 0.

    Args:
        algorithm: 1 or 2.
        noise: "kept" or "estimated".
        clip: pair (lowest, highest) of pixel values, in the units of the training images, or None.

    Call arguments:
        denoiser: function `(noisy, time, condition) -> Estimate`.
        trajectory: `Trajectory`; the chain ends with the alpha_bar that it says.
        start: float (batch, height, width, channels), the noise z, with which the chain begins.
        seed, first_index: int or int32 tensor; without effect, since no noise is drawn.
        condition: what the denoiser takes, or None.
        first_step: int or int32 tensor, place in the trajectory where `start` is; 0 is its start.
        noise: without effect.

    Returns:
        float32 images, shaped as `start`.

    Raises:
        ValueError: unknown algorithm or noise, or clip not a rising pair.

    Example:
        ```python
        images = Cold()(denoise, Trajectory(schedule, 50), start, seed=0, first_index=0)
        ```

    Source: Bansal et al. 2022, arXiv:2208.09392v1, algorithms 1 and 2.
    """

    draws_noise = False

    def __init__(self, algorithm=2, noise="kept", clip=(-1.0, 1.0)):
        if algorithm not in (1, 2):
            raise ValueError(f"`algorithm` must be 1 or 2. Received: {algorithm!r}")
        if noise not in NOISES:
            raise ValueError(f"`noise` must be one of {NOISES}. Received: {noise!r}")
        self.algorithm = algorithm
        self.noise = noise
        self.clip = loop.checked_clip(clip)

    def state_of(self, start):
        """Returns (noisy, the noise that is kept)."""
        return start, start

    def images_of(self, state):
        """Returns the noisy images of a state."""
        return state[0]

    def step(self, denoiser, trajectory, state, index, condition, draw):
        """Returns the state at `index + 1` of the trajectory from that at `index`."""
        noisy, start = state
        signal, rate, next_signal, next_rate, _ = loop.rates(trajectory, index)
        clean, estimated = loop.estimate(denoiser, trajectory, noisy, index, condition, self.clip)
        noise = start if self.noise == "kept" else estimated
        if self.algorithm == 1:
            return next_signal * clean + next_rate * noise, start
        # algorithm 2: the two degradations, subtracted before they are multiplied
        return noisy + (next_signal - signal) * clean + (next_rate - rate) * noise, start

    def get_config(self):
        """Returns the arguments."""
        return {"algorithm": self.algorithm, "noise": self.noise, "clip": self.clip}
