"""Strips: images on their way into noise (encode), and a sampler's way back out of it (decode)."""

import numpy as np
from keras import ops

from app.data.pixels import quantize
from app.diffusion.compiled import compiled
from app.diffusion.samplers import DDIM
from app.diffusion.samplers.loop import drawer
from app.diffusion.times import Trajectory
from app.models.sampling import checked, conditioned

COLUMNS = 10


def encode(model, images, seed=0, columns=COLUMNS):
    """Noises images at equally spaced times, from clean to the end of the chain.

    Use it to see what the network is trained on: how fast a schedule hides an image, and what is
    left of it at the end. Each image keeps one noise, which only grows along its strip.

    Formula: `noisy = signal_rate(time) * clean + noise_rate(time) * noise` at the times
    0, 1 / (columns - 1), ..., 1; pixels outside the model's range are cut off.

    Args:
        model: a `DiffusionModel`.
        images: uint8 array (count, height, width, channels).
        seed: int in [0, 2^31), of the noise.
        columns: int >= 2, times.

    Returns:
        (strip, times): uint8 array (count, columns, height, width, channels), and float64
        (columns,), 0 = clean.

    Example:
        ```python
        strip, times = encode(model, images[:10])
        ```
    """
    clean = model(images)
    noise = model(model.noise.fixed(clean, seed, model.image_shape))
    times = np.linspace(0.0, 1.0, columns)
    states = [
        model.schedule.signal_rate(time) * clean + model.schedule.noise_rate(time) * noise
        for time in times
    ]
    return _strip(states, model.pixel_range), times


def decode(
    model,
    count=None,
    labels=None,
    *,
    sampler=None,
    steps=50,
    spacing="trailing",
    guidance=0.0,
    guidance_interval=None,
    seed=0,
    columns=COLUMNS,
):
    """Draws images and keeps states of the sampler on the way, equally spaced in steps.

    Use it to see at which noise level a model decides what it draws. The last column holds the
    images that `draw_images` gives for the same arguments, which have the same meaning here. One
    compiled step is called from Python, because the compiled loop keeps no state.

    Args:
        model: a `DiffusionModel`.
        count: int; how many images. Optional when labels are given.
        labels: ints `(count,)`, or attribute vectors; required by conditional models.
        sampler: a sampler; None: DDIM clipped to the model's pixel range.
        steps: int in [1, T]; denoising steps.
        spacing: "trailing", "leading" or "linspace".
        guidance: float >= 0; classifier-free guidance, 0 is off.
        guidance_interval: pair (low, high) of noise levels at which it is used, or None: at all.
        seed: int in [0, 2^31).
        columns: int >= 2, states kept; of fewer than `columns - 1` steps every state.

    Returns:
        (strip, times): uint8 array (count, columns, height, width, channels) from noise to image,
        and float64 (columns,), the times of the states, 0 = clean.

    Example:
        ```python
        strip, times = decode(model, labels=np.arange(10), steps=50)
        ```
    """
    count, condition = checked(model, count, labels)
    sampler = sampler or DDIM(clip=model.pixel_range)
    trajectory = Trajectory(model.schedule, steps, spacing)
    draw = model.noise.in_loop(seed, 0) or drawer(seed, 0)

    def step(state, condition, index):
        guided = guidance != 0
        denoise, condition = conditioned(model, condition, guidance, guided, guidance_interval)
        return sampler.step(denoise, trajectory, state, index, condition, draw)

    step = compiled(step, model.variables)
    kept = sorted(set(np.round(np.linspace(0, steps, columns)).astype(int).tolist()))
    start = model(model.noise.start(seed, 0, count, model.image_shape))
    state = sampler.state_of(model.schedule.start_rate * start)
    states = []
    condition = ops.convert_to_tensor(condition)
    for index in range(steps + 1):
        if index in kept:
            states.append(sampler.images_of(state))
        if index < steps:
            state = step(state, condition, ops.convert_to_tensor(index, "int32"))
    times = np.array([float(trajectory.time(index)) for index in kept])
    return _strip(states, model.pixel_range), times


def _strip(states, pixel_range):
    """Float states, each (count, height, width, channels), as one uint8 array of strips."""
    columns = [ops.convert_to_numpy(quantize(state, pixel_range)) for state in states]
    return np.stack(columns, axis=1)
