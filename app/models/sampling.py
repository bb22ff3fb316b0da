"""From a trained model to uint8 images: one compiled program for the whole sampling loop."""

import numpy as np
from keras import ops

from app.data.pixels import quantize, to_pixel_scale
from app.diffusion.compiled import compiled
from app.diffusion.guidance import classifier_free
from app.diffusion.samplers import DDIM
from app.diffusion.times import Trajectory


def sampling_program(
    model,
    sampler,
    spacing="trailing",
    guided=True,
    guidance_interval=None,
    guides=(),
    quantized=True,
):
    """The whole sampler as one pure function, for `compiled` and for export.

    Args:
        model: a `DiffusionModel`.
        sampler: a sampler of `app.diffusion.samplers`.
        spacing: which steps of the chain are visited; see `Trajectory`.
        guided: whether `guidance` is used. A guided step costs two evaluations of the network,
            so without a condition, or at guidance 0, leave it out.
        guidance_interval: noise levels at which it is used; see `classifier_free`.
        guides: further guidances, `Guide`s, each around the denoiser that the ones before made.
        quantized: whether images become uint8; else float32 on that scale, beyond it too.

    Returns:
        A function (seed, condition, guidance, steps, first_index, start=None, asked=()) -> images.
        The first five but `condition` are int32 or float32 scalars; `condition` has one row
        for each image and is ignored by unconditional models; `start` has one image for each, where
        the model's noise source takes it from outside; `asked` has a pair (rows, scale) a guide.
    """

    def program(seed, condition, guidance, steps, first_index, start=None, asked=()):
        if start is None:
            count = ops.shape(condition)[0]
            start = model.noise.start(seed, first_index, count, model.image_shape)
        denoise, condition = conditioned(model, condition, guidance, guided, guidance_interval)
        for guide, (rows, scale) in zip(guides, asked, strict=True):
            denoise = guide.wrap(denoise, model.schedule, rows, scale)
        images = sampler(
            denoise,
            Trajectory(model.schedule, steps, spacing),
            model.schedule.start_rate * model.call(start),
            seed,
            first_index,
            condition=condition,
            noise=model.noise.in_loop(seed, first_index),
        )
        return (quantize if quantized else to_pixel_scale)(images, model.pixel_range)

    return program


def conditioned(model, condition, guidance, guided, interval=None):
    """The denoiser of a model, guided or not, and what it takes as condition (None: nothing)."""
    denoise = model.denoiser()
    if not model.conditional:
        return denoise, None
    if guided:
        denoise = classifier_free(denoise, model.condition, guidance, model.schedule, interval)
    return denoise, condition


def draw_images(
    model,
    count=None,
    labels=None,
    *,
    sampler=None,
    steps=50,
    spacing="trailing",
    guidance=0.0,
    guidance_interval=None,
    guides=(),
    seed=0,
    first_index=0,
    batch_size=128,
    start=None,
    quantized=True,
    xla=None,
    progress=None,
):
    """Draws images from a trained model.

    Image i depends on the weights, the seed and its index `first_index + i` alone: not on the batch
    size, the backend, or whether the run was stopped and went on.

    Args:
        model: a `DiffusionModel`.
        count: int; how many images. Optional when labels are given.
        labels: ints `(count,)`, or attribute vectors; required by conditional models.
        sampler: a sampler; None: DDIM clipped to the model's pixel range.
        steps: int in [1, T]; denoising steps.
        spacing: "trailing", "leading" or "linspace".
        guidance: float >= 0; classifier-free guidance, 0 is off.
        guidance_interval: pair (low, high) of noise levels noise_rate / signal_rate at which it is
            used, or None: at all.
        guides: `Guide`s of the same count: guidance by second networks.
        seed: int in [0, 2^31).
        first_index: int; index of the first image.
        batch_size: int; images drawn at a time.
        start: uint8 images `(count, height, width, channels)`, or floats in the model's pixel
            range, to start from, where the noise is images; None: those of the noise source.
        quantized: whether images are rounded and clipped to uint8.
        xla: passed to `compiled`.
        progress: function called with the number of images finished, after each batch.

    Returns:
        numpy array `(count, height, width, channels)`: uint8, or where not `quantized` float32 on
        the same scale, below 0 or above 255 where images leave the model's pixel range.
    """
    count, condition = checked(model, count, labels)
    if not 1 <= steps <= model.schedule.steps:
        raise ValueError(
            f"`steps` must be in [1, {model.schedule.steps}], the length of the model's chain. "
            f"Received: {steps}."
        )
    sampler = sampler or DDIM(clip=model.pixel_range)
    starts = _starts(model, count, start, seed, first_index)
    guided = guidance != 0 and model.conditional
    settings = repr((sorted(vars(sampler).items()), guidance_interval))
    wraps = [guide.wrap for guide in guides]
    key = (settings, type(sampler), spacing, guided, quantized, xla, *wraps)
    if key not in model.sampling.programs:
        program = sampling_program(
            model, sampler, spacing, guided, guidance_interval, guides, quantized
        )
        variables = sum((guide.variables for guide in guides), model.variables)
        xla = xla if all(guide.xla for guide in guides) else False
        model.sampling.programs[key] = compiled(program, variables, xla)

    def draw(begin, rows):
        asked = [
            (
                ops.convert_to_tensor(guide.rows[rows]),
                ops.convert_to_tensor(guide.scale, "float32"),
            )
            for guide in guides
        ]
        return model.sampling.programs[key](
            ops.convert_to_tensor(seed, "int32"),
            ops.convert_to_tensor(condition[rows]),
            ops.convert_to_tensor(guidance, "float32"),
            ops.convert_to_tensor(steps, "int32"),
            ops.convert_to_tensor(first_index + begin, "int32"),
            ops.convert_to_tensor(starts[0][rows]) if starts else None,
            asked,
        )

    return in_batches(draw, count, batch_size, progress)


def in_batches(draw, count, batch_size, progress=None):
    """Draws images in batches of one shape, so that their program compiles once.

    Args:
        draw: function (begin, rows) -> images, one for each of `rows`; those are begin, begin + 1,
            ..., and the last image again where there are no more.
        count: int >= 1; how many images.
        batch_size: int >= 1.
        progress: function called with the number of images finished, after each batch, or None.

    Returns:
        numpy array `(count, height, width, channels)`.
    """
    parts = []
    batch_size = min(batch_size, count)
    for begin in range(0, count, batch_size):
        finished = min(begin + batch_size, count)
        drawn = draw(begin, np.minimum(np.arange(begin, begin + batch_size), count - 1))
        parts.append(ops.convert_to_numpy(drawn)[: finished - begin])
        if progress:
            progress(finished)
    return np.concatenate(parts)


def _starts(model, count, start, seed, first_index):
    """The images to start from, in a list, or an empty one where the program draws its start."""
    if not model.noise.given_start:
        if start is not None:
            raise ValueError(
                "This model starts from noise of its seed. Received: `start` images. Leave them "
                "out, or use a model whose noise is images."
            )
        return []
    if start is None:
        return [model.noise.start(seed, first_index, count, model.image_shape)]
    if np.shape(start) != (count, *model.image_shape):
        raise ValueError(
            f"`start` must have shape {(count, *model.image_shape)}, an image for each that is "
            f"drawn. Received: {np.shape(start)}."
        )
    return [np.asarray(start)]


def checked(model, count, labels):
    """The number of images and one row of condition for each (zeros when unconditional)."""
    if not model.conditional:
        if labels is not None or not count or count < 1:
            raise ValueError(
                "An unconditional model draws a `count` of images, 1 or more, without labels. "
                f"Received: count={count}, labels={'none' if labels is None else 'given'}."
            )
        return count, np.zeros(count, "int32")
    if labels is None:
        raise ValueError(
            "A conditional model needs `labels`, one for each image. Received: none. "
            "Pass labels=np.arange(10), for example."
        )
    labels = np.asarray(labels)
    if count is not None and count != len(labels):
        raise ValueError(f"`labels` must have {count} rows, one an image. Received: {len(labels)}.")
    return len(labels), model.condition.check(labels)
