"""Annealed Langevin dynamics: a random walk uphill in density, at ever finer noise levels."""

import keras
from keras import ops

from app.diffusion import randomness
from app.diffusion.samplers import loop


@keras.saving.register_keras_serializable("diffusion")
class Langevin(loop.Sampler):
    """At each noise level a few moves along the score, with noise; at the end the clean estimate.

    Use it with the score of images on a variance-exploding schedule, and with many levels: each
    level's images must be likely ones of the next (for n pixels, ratios of about
    1 + 3 / sqrt(2 n); 1.08 for MNIST). It needs hundreds of evaluations where `Heun` needs tens.

    Formula, sigma the noise level: `moves` times
    `noisy <- noisy + alpha score + sqrt(2 alpha) z`, alpha = 2 (snr sigma)^2, score =
    -noise / sigma; then the next level, with the same images. After the last level comes
    the denoising step, `noisy + sigma^2 score = clean`. In the symbols of NCSN alpha = epsilon
    (sigma_i / sigma_L)^2, so epsilon = 2 snr^2 sigma_L^2.

    Args:
        moves: int >= 1; moves at each level (the papers' T: 100, 5).
        snr: float in (0, 1); the length of a move along the score in relation to its noise.
        clip: pair (lowest, highest) of pixel values, in the units of the training images, or None.
            The clean estimate that the score is made of is clipped.

    Call arguments:
        denoiser: function `(noisy, time, condition) -> Estimate`.
        trajectory: `Trajectory` of a variance-exploding schedule; spacing "linspace" reaches its
            smallest level.
        start: float (batch, height, width, channels), the noise to start from.
        seed, first_index: int or int32 tensor, see `randomness.normal`.
        condition: what the denoiser takes, or None.
        first_step: int or int32 tensor, place in the trajectory where `start` is; 0 is its start.
        noise: function `(index, shape, stream) -> z`, instead of the generator; for tests. Move j
            of level i has the index `i moves + j`.

    Returns:
        float32 images, shaped as `start`.

    Raises:
        ValueError: an argument out of range, or a schedule without noise levels.

    Example:
        ```python
        schedule = exploding()
        start = schedule.start_rate * randomness.normal(7, 0, 16, 0, randomness.START, (28, 28, 1))
        trajectory = Trajectory(schedule, 120, "linspace")
        images = Langevin()(denoise, trajectory, start, seed=7, first_index=0)
        ```

    Source: Song & Ermon 2019, arXiv:1907.05600v3, algorithm 1; step sizes and denoising step of
    Song & Ermon 2020, arXiv:2006.09011v2, algorithm 1 and technique 5.
    """

    def __init__(self, moves=5, snr=0.17, clip=(-1.0, 1.0)):
        self.moves, self.snr = checked_moves(moves, snr)
        self.clip = loop.checked_clip(clip)

    def step(self, denoiser, trajectory, noisy, index, condition, draw):
        """Returns the images after the level at `index`: denoised, if it is the last."""
        if trajectory.schedule.kind != "exploding":
            raise ValueError(
                "Annealed Langevin dynamics needs noise levels on whole images: the schedules "
                f"'exploding' or 'karras'. Received: '{trajectory.schedule.name}'. Take another "
                "schedule, or the sampler predictor_corrector."
            )

        def move(turn, noisy):
            noise = loop.estimate(denoiser, trajectory, noisy, index, condition, self.clip).noise
            added = draw(index * self.moves + turn, ops.shape(noisy), randomness.CORRECTOR)
            return moved(noisy, noise, trajectory.noise_rate(index), self.snr, added)

        noisy = ops.fori_loop(0, self.moves, move, noisy)
        return ops.cond(
            loop.last(trajectory, index),
            lambda: loop.estimate(denoiser, trajectory, noisy, index, condition, self.clip).clean,
            lambda: noisy,
        )

    def get_config(self):
        """Returns the arguments."""
        return {"moves": self.moves, "snr": self.snr, "clip": self.clip}


def moved(noisy, noise, rate, snr, added):
    """Returns the images after one move: alpha = 2 (snr rate)^2, alpha score = -2 snr^2 rate noise.

    Args:
        noisy: images, float (batch, height, width, channels).
        noise: unit noise estimated in them.
        rate: their noise rate.
        snr: float, scalar or (batch, 1, 1, 1).
        added: unit noise.
    """
    return noisy - 2.0 * snr**2 * rate * noise + 2.0 * snr * rate * added


def checked_moves(moves, snr):
    """The number of moves and their size; refused when out of range."""
    if isinstance(moves, bool) or not isinstance(moves, int) or moves < 1:
        raise ValueError(f"`moves` must be a whole number from 1. Received: {moves!r}")
    if not 0.0 < snr < 1.0:
        raise ValueError(f"`snr` must be in (0, 1): from 1 on the walk diverges. Received: {snr}")
    return moves, float(snr)
