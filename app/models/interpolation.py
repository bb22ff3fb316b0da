"""Strips of pictures from one seed or condition to another."""

import numpy as np
from keras import ops

from app.diffusion.interpolation import between, spherical
from app.diffusion.samplers import DDIM, SAMPLERS
from app.models.row_program import check_source, draw_rows
from app.models.sampling import checked


def interpolate_images(
    model, strips, frames, labels=None, to_labels=None, *, to_seed=None, sampler=None, **options
):
    """Draws strips of pictures from one seed, class or vector of attributes to another.

    Args:
        model: a `DiffusionModel`.
        strips: int >= 1; how many.
        frames: int >= 2; pictures of a strip, its two ends among them.
        labels: one row a strip, for conditional models.
        to_labels: likewise, of the other end; None: the same.
        to_seed: int; seed of the start of the other end; None: the same.
        sampler: a sampler whose steps add no noise (`draws_noise`); None: DDIM, eta 0.
        **options: as for `inpaint_images`; `seed` is that of the first end.

    Returns:
        uint8 numpy array (strips * frames, height, width, channels), strip by strip.

    Example:
        ```python
        strip = interpolate_images(model, 1, 9, np.array([3]), np.array([8]))
        ```
    """
    if strips < 1 or frames < 2:
        raise ValueError(
            "Expected 1 strip or more, of 2 frames or more. "
            f"Received: {strips} strips, {frames} frames."
        )
    _, first = checked(model, strips, labels)
    second = first if to_labels is None else checked(model, strips, to_labels)[1]
    sampler = sampler or DDIM(clip=model.pixel_range)
    if sampler.draws_noise:
        quiet = [name for name, kind in SAMPLERS.items() if not kind().draws_noise]
        raise ValueError(
            "A path between pictures needs a sampler that draws no noise, or neighbours differ by "
            f"it. Received: {type(sampler).__name__} {sampler.get_config()}. Take "
            f"{', '.join(quiet)}, without eta or churn."
        )
    check_source(model)
    seed, index = options.get("seed", 0), options.pop("first_index", 0)
    ends = [
        model.noise.start(each, index, strips, model.image_shape)
        for each in (seed, seed if to_seed is None else to_seed)
    ]
    share = np.tile(np.linspace(0, 1, frames, dtype="float32"), strips)
    noise = spherical(*(ops.repeat(end, frames, axis=0) for end in ends), share)
    starts = model.schedule.start_rate * noise
    rows = [ops.convert_to_numpy(starts), share, np.repeat(second, frames, axis=0)]
    mixed = to_labels is not None

    def draw(sampler, denoise, trajectory, seed, index, rows, condition):
        start, share, other = rows
        if mixed:
            denoise, condition = between(denoise, share), (condition, other)
        return sampler(denoise, trajectory, start, seed, index, condition=condition)

    condition = np.repeat(first, frames, axis=0)
    return draw_rows(model, ("between", mixed), draw, rows, condition, sampler, **options)
