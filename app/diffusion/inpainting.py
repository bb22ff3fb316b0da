"""Inpainting: a sampler that keeps the pixels that are known and draws the others to fit."""

from keras import ops

from app.diffusion.randomness import CHURN, CORRECTOR
from app.diffusion.samplers import DDIM, DDPM, loop


def inpaint(
    sampler,
    denoiser,
    trajectory,
    start,
    known,
    mask,
    seed,
    first_index,
    condition=None,
    resampling=10,
):
    """Returns images that are `known` where `mask` is 0, exactly, and drawn where it is 1.

    Use it with any model that was trained on whole images; nothing is trained for it. After each
    step the known pixels are put back, noised to the level of that step. The drawn ones then fit
    them only as far as the next step can see, so each step but the last is taken `resampling`
    times: up again by the noise of one step, then down. 1 is plain replacement, which leaves seams;
    RePaint takes 10. Two pixels of correlation 0.6, one known, by the exact denoiser in 50 steps:
    the mean of the other, 0.6, comes out as 0.33 at 1, 0.56 at 10 and 0.58 at 20. Its variance
    stays right with DDPM(variance="beta"), and shrinks with "posterior", turn by turn.

    Formula, a and s the rates now, a' and s' those of the next time, z fresh unit noise each::

        next  = mask * step(noisy) + (1 - mask) * (a' known + s' z)
        noisy = (a / a') next + sqrt(s^2 - (a s' / a')^2) z        # and once more

    Args:
        sampler: a sampler whose state is the images alone, not a multistep one; best
            DDPM(variance="beta").
        denoiser: function `(noisy, time, condition) -> Estimate`.
        trajectory: `Trajectory`.
        start: float (batch, height, width, channels), the noise to start from.
        known: float of the same shape, in the units of the training images.
        mask: float or bool (batch, height, width, 1); 1 is drawn, 0 is kept.
        seed: int or int32 tensor, see `randomness.normal`.
        first_index: likewise.
        condition: what the denoiser takes, or None.
        resampling: int >= 1 or int32 tensor; times that each step is taken. The cost grows with it.

    Returns:
        float32 images.

    Raises:
        ValueError: a sampler other than DDPM and DDIM.

    Example:
        ```python
        sampler, trajectory = DDPM(variance="beta"), Trajectory(schedule, 50)
        images = inpaint(sampler, denoise, trajectory, start, known, mask, 7, 0)
        ```

    Source: Lugmayr, Danelljan, Romero, Yu, Timofte, Van Gool 2022, arXiv:2201.09865, algorithm 1
    (jumps of one step).
    """
    if not isinstance(sampler, (DDPM, DDIM)):
        raise ValueError(
            "Inpainting goes back a step after each, which a sampler that remembers its last steps "
            "or corrects its own cannot. "
            f"Received: {type(sampler).__name__}. Take DDPM, or DDIM."
        )
    known, drawn = ops.cast(known, "float32"), ops.cast(mask, "bool")
    draw = loop.drawer(seed, first_index)
    times = ops.cast(resampling, "int32")
    shape = ops.shape(known)

    def step(index, noisy):
        signal, _, next_signal, next_rate, beta = loop.rates(trajectory, index)
        final = loop.last(trajectory, index)
        count = ops.where(final, 1, times)

        def once(turn, noisy):
            place = index * times + turn  # a place of its own for the noise of every turn
            following = sampler.step(
                denoiser, trajectory, noisy, index, condition, lambda _, size: draw(place, size)
            )
            held = next_signal * known + next_rate * draw(place, shape, CORRECTOR)
            following = ops.where(drawn, following, held)
            back = signal / next_signal * following + ops.sqrt(beta) * draw(place, shape, CHURN)
            return ops.where(turn < count - 1, back, following)

        return ops.fori_loop(0, count, once, noisy)

    last = ops.cast(trajectory.steps, "int32")
    return ops.fori_loop(ops.cast(0, "int32"), last, step, ops.cast(start, "float32"))
