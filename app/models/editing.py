"""Pictures that begin with images: a part drawn anew, or all of it after some noise."""

import numpy as np
from keras import ops

from app.data.pixels import to_float
from app.diffusion.inpainting import inpaint
from app.diffusion.noise import GaussianNoise
from app.diffusion.samplers import DDIM, DDPM
from app.models.row_program import draw_rows
from app.models.sampling import checked


def inpaint_images(model, images, masks, labels=None, *, resampling=10, sampler=None, **options):
    """Draws anew what a mask hides and keeps the rest, to the last bit.

    Args:
        model: a `DiffusionModel`.
        images: uint8 (count, height, width, channels).
        masks: bool (count, height, width, 1); True is drawn anew.
        labels: one row a picture, for conditional models.
        resampling: int >= 1; see `app.diffusion.inpainting.inpaint`.
        sampler: a sampler; None: DDPM with variance "beta", clipped to the model's pixel range.
        **options: steps, spacing, guidance, guidance_interval, seed, first_index, batch_size, xla
            and progress, as for `draw_images`.

    Returns:
        uint8 numpy array of the shape of `images`.

    Example:
        ```python
        pictures = inpaint_images(model, images[:8], masks, labels[:8], steps=50)
        ```
    """
    images, condition = _images(model, images, labels)
    masks = np.asarray(masks)
    wanted = (len(images), *model.image_shape[:2], 1)
    if masks.shape != wanted or masks.dtype != bool:
        raise ValueError(
            f"Masks must be bool of shape {wanted}, one an image, True where it is drawn anew. "
            f"Received: {masks.dtype} {masks.shape}."
        )
    if not isinstance(model.noise, GaussianNoise):
        raise ValueError(
            "Inpainting noises the known pixels anew at each step, by unit Gaussian noise. "
            f"Received: {type(model.noise).__name__}. Take a model trained with Gaussian noise."
        )
    if resampling < 1:
        raise ValueError(f"`resampling` must be 1 or more. Received: {resampling}.")

    def draw(sampler, denoise, trajectory, seed, index, rows, condition):
        known, mask, times = *rows, resampling
        noise = model.noise.start(seed, index, ops.shape(known)[0], model.image_shape)
        start = model.schedule.start_rate * noise
        return inpaint(
            sampler, denoise, trajectory, start, known, mask, seed, index, condition, times
        )

    rows = [to_float(images, model.pixel_range), masks]
    sampler = sampler or DDPM(variance="beta", clip=model.pixel_range)
    return draw_rows(model, ("inpaint", resampling), draw, rows, condition, sampler, **options)


def vary_images(model, images, labels=None, *, strength=0.5, sampler=None, **options):
    """Noises images part of the way and draws on from there: pictures that resemble them (SDEdit).

    Of the sampler's steps the last `ceil(strength * steps)` are taken, from the time of the first
    of them on. At strength 1 nothing is left of an image where the schedule ends in noise.

    Args:
        model: a `DiffusionModel`.
        images: uint8 (count, height, width, channels).
        labels: one row a picture, for conditional models.
        strength: float in (0, 1]; how much of the chain is gone through.
        sampler: a sampler; None: DDIM clipped to the model's pixel range.
        **options: as for `inpaint_images`.

    Returns:
        uint8 numpy array of the shape of `images`.

    Example:
        ```python
        eights = vary_images(model, threes, np.full(len(threes), 8), strength=0.6)
        ```

    Source: Meng, He, Song, Song, Wu, Zhu, Ermon 2021, arXiv:2108.01073, algorithm 1.
    """
    images, condition = _images(model, images, labels)
    if not 0 < strength <= 1:
        raise ValueError(f"`strength` must be in (0, 1]. Received: {strength}.")
    steps = options.get("steps", 50)
    first = steps - max(1, int(np.ceil(strength * steps - 1e-9)))

    def draw(sampler, denoise, trajectory, seed, index, rows, condition):
        (clean,) = rows
        noise = model.noise.start(seed, index, ops.shape(clean)[0], model.image_shape)
        signal, rate = trajectory.signal_rate(first), trajectory.noise_rate(first)
        start = signal * clean + rate * noise
        return sampler(
            denoise,
            trajectory,
            start,
            seed,
            index,
            condition=condition,
            first_step=first,
            noise=model.noise.in_loop(seed, index),
        )

    rows = [to_float(images, model.pixel_range)]
    sampler = sampler or DDIM(clip=model.pixel_range)
    return draw_rows(model, ("vary", steps, first), draw, rows, condition, sampler, **options)


def _images(model, images, labels):
    """The images and one row of condition for each, or a sentence."""
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.shape[1:] != model.image_shape or not len(images):
        raise ValueError(
            f"Images must be uint8 of shape (count, {', '.join(map(str, model.image_shape))}), as "
            f"those that the model draws. Received: {images.dtype} {images.shape}."
        )
    return images, checked(model, len(images), labels)[1]
