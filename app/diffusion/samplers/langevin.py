"""Annealed Langevin dynamics: a random walk uphill in density, at ever finer noise levels."""

import keras
import numpy as np
from keras import ops

from app.diffusion import randomness
from app.diffusion.samplers import loop

SNRS = np.sqrt(0.5) * np.arange(1, 101) / 100  # tried; at the last a walk forgets where it was


@keras.saving.register_keras_serializable("diffusion")
class Langevin(loop.Sampler):
    """At each noise level a few moves along the score, with noise; at the end the clean estimate.

    Use it with the score of images on a variance-exploding schedule, and with many levels: each
    level's images must be likely ones of the next (for n pixels, ratios of about
    1 + 3 / sqrt(2 n); 1.08 for MNIST). It needs hundreds of evaluations where `Heun` needs tens.
    Leave `snr` to it: moves too short for the levels leave the noise of earlier ones in the images.

    Formula, sigma the noise level: `moves` times
    `noisy <- noisy + alpha score + sqrt(2 alpha) z`, alpha = 2 (snr sigma)^2, score =
    -noise / sigma; then the next level, with the same images. After the last level comes
    the denoising step, `noisy + sigma^2 score = clean`. In the symbols of NCSN alpha = epsilon
    (sigma_i / sigma_L)^2, so epsilon = 2 snr^2 sigma_L^2.

    Args:
        moves: int >= 1; moves at each level (the papers' T: 100, 5).
        snr: float in (0, 1), the length of a move along the score in relation to its noise; or
            None, at each level `fitting_snr` of its moves and of the level before.
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
    Song & Ermon 2020, arXiv:2006.09011v2, algorithm 1 and techniques 4 and 5.
    """

    def __init__(self, moves=5, snr=None, clip=(-1.0, 1.0)):
        self.moves = checked_moves(moves)
        self.snr = None if snr is None else checked_snr(snr)
        self.clip = loop.checked_clip(clip)

    def step(self, denoiser, trajectory, noisy, index, condition, draw):
        """Returns the images after the level at `index`: denoised, if it is the last."""
        if trajectory.schedule.kind != "exploding":
            raise ValueError(
                "Annealed Langevin dynamics needs noise levels on whole images: the schedules "
                f"'exploding' or 'karras'. Received: '{trajectory.schedule.name}'. Take another "
                "schedule, or the sampler predictor_corrector."
            )

        rate, snr = trajectory.noise_rate(index), self.snr
        if snr is None:
            place = ops.maximum(index, 1)  # the first level is as far from the second
            ratio = trajectory.noise_rate(place - 1) / trajectory.noise_rate(place)
            snr = fitting_snr(ops.minimum(ratio, 1e3), self.moves)  # inf where no level follows

        def move(turn, noisy):
            noise = loop.estimate(denoiser, trajectory, noisy, index, condition, self.clip).noise
            added = draw(index * self.moves + turn, ops.shape(noisy), randomness.CORRECTOR)
            return moved(noisy, noise, rate, snr, added)

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


def fitting_snr(ratio, moves):
    """Returns the snr of moves after which the noise in the images is nearest to its level.

    The first move at a level finds noise of the level before; short moves leave it there, long
    ones overshoot. Formula, of one image and its noise: a level of `moves` moves turns the variance
    w sigma^2 into k w sigma^2 + (1 - k) / (1 - snr^2) sigma^2, k = (1 - 2 snr^2)^(2 moves); after
    many levels, each `ratio` times the next,
    `w = (1 - k) / ((1 - snr^2) (1 - k ratio^2))`, always above 1. Returned is the snr of the least.

    Args:
        ratio: float scalar above 1, noise rate of a level by that of the next.
        moves: int >= 1.

    Returns:
        float32 scalar, one of 100 values up to sqrt(1/2).

    Example:
        ```python
        fitting_snr(1.07, 2)  # 0.354: w is 1.23; with 0.2 it would be 1.63
        ```

    Source: Song & Ermon 2020, arXiv:2006.09011v2, technique 4, whose equation is one level of this.
    """
    kept = (1.0 - 2.0 * SNRS**2) ** (2 * moves)
    fresh = ops.convert_to_tensor((1.0 - kept) / (1.0 - SNRS**2), "float32")
    carried = ops.square(ratio) * ops.convert_to_tensor(kept, "float32")
    variance = ops.where(carried < 1.0, fresh / ops.maximum(1.0 - carried, 1e-6), np.inf)
    return ops.take(ops.convert_to_tensor(SNRS, "float32"), ops.argmin(variance))


def checked_moves(moves):
    """The number of moves; refused when out of range."""
    if isinstance(moves, bool) or not isinstance(moves, int) or moves < 1:
        raise ValueError(f"`moves` must be a whole number from 1. Received: {moves!r}")
    return moves


def checked_snr(snr):
    """The size of a move; refused when out of range."""
    if not 0.0 < snr < 1.0:
        raise ValueError(f"`snr` must be in (0, 1): from 1 on the walk diverges. Received: {snr}")
    return float(snr)
