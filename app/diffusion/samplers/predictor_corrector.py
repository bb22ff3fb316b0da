"""Predictor-corrector: one step back in time, after moves along the score at the present time."""

import keras
from keras import ops

from app.diffusion import randomness
from app.diffusion.samplers import loop
from app.diffusion.samplers.ddpm import DDPM
from app.diffusion.samplers.langevin import checked_moves, checked_snr, moved


@keras.saving.register_keras_serializable("diffusion")
class PredictorCorrector(loop.Sampler):
    """Langevin moves that make the images likely at their noise level, then a reverse diffusion.

    Use it with hundreds of steps on a score-based model: the corrector mends what the steps of the
    predictor leave wrong. The predictor is `DDPM(variance="beta")`, which on a variance-exploding
    schedule is the reverse diffusion of the paper.

    Formula, a and s the rates now and a' the next signal rate: `moves` times
    `noisy <- noisy + alpha score + sqrt(2 alpha) z`, score = -noise / s,
    `alpha = 2 (a / a')^2 (snr |z| / |score|)^2` with the norms of each image (the authors' code
    takes their means over the batch, which makes an image depend on the others); then the
    predictor. The last step adds no noise.

    Args:
        moves: int >= 1; moves of the corrector before each step.
        snr: float in (0, 1); length of a move along the score in relation to its noise.
        clip: pair (lowest, highest) of pixel values, in the units of the training images, or None.

    Call arguments:
        denoiser: function `(noisy, time, condition) -> Estimate`.
        trajectory: `Trajectory` of a schedule with signal at its end, or near it.
        start: float (batch, height, width, channels), the noise to start from.
        seed, first_index: int or int32 tensor, see `randomness.normal`.
        condition: what the denoiser takes, or None.
        first_step: int or int32 tensor, place in the trajectory where `start` is; 0 is its start.
        noise: function `(index, shape, stream) -> z`, instead of the generator; for tests. Move j
            of step i has the index `i moves + j` in the stream CORRECTOR.

    Returns:
        float32 images, shaped as `start`.

    Raises:
        ValueError: an argument out of range.

    Example:
        ```python
        schedule = exploding()
        start = schedule.start_rate * randomness.normal(7, 0, 16, 0, randomness.START, (28, 28, 1))
        trajectory = Trajectory(schedule, 200, "linspace")
        images = PredictorCorrector()(denoise, trajectory, start, seed=7, first_index=0)
        ```

    Source: Song, Sohl-Dickstein, Kingma, Kumar, Ermon, Poole 2020, arXiv:2011.13456v2, algorithms
    2 to 5, corrector before predictor as in the authors' code.
    """

    def __init__(self, moves=1, snr=0.16, clip=(-1.0, 1.0)):
        self.moves, self.snr = checked_moves(moves), checked_snr(snr)
        self.clip = loop.checked_clip(clip)

    def step(self, denoiser, trajectory, noisy, index, condition, draw):
        """Returns the images at `index + 1` of the trajectory from those at `index`."""
        signal, rate, next_signal, _, _ = loop.rates(trajectory, index)

        def move(turn, noisy):
            noise = loop.estimate(denoiser, trajectory, noisy, index, condition, self.clip).noise
            added = draw(index * self.moves + turn, ops.shape(noisy), randomness.CORRECTOR)
            # algorithm 4 and 5, line 4: |z| / |score| = s |z| / |noise|
            ratio = _norm(added) / ops.maximum(_norm(noise), 1e-12)
            return moved(noisy, noise, rate, self.snr * signal / next_signal * ratio, added)

        noisy = ops.fori_loop(0, self.moves, move, noisy)
        predictor = DDPM("beta", self.clip)
        return predictor.step(denoiser, trajectory, noisy, index, condition, draw)

    def get_config(self):
        """Returns the arguments."""
        return {"moves": self.moves, "snr": self.snr, "clip": self.clip}


def _norm(images):
    """The Euclidean norm of each image, (batch, 1, 1, 1)."""
    return ops.sqrt(ops.sum(images**2, axis=(1, 2, 3), keepdims=True))
