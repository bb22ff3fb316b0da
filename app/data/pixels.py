"""Pixels outside the model are uint8, inside they are float32 in a stated range.

One rule of rounding, half up, is used everywhere, because backends round ties differently:
`uint8 = floor(255 * (value - low) / (high - low) + 0.5)`, clipped to 0..255.
"""

import numpy as np


def to_float(images, pixel_range=(-1.0, 1.0)):
    """Maps uint8 pixels to float32 in `pixel_range`, in numpy.

    Use it wherever images enter a model. Exactly undone by `to_uint8`.

    *Formula*: `low + (high - low) * pixel / 255`

    Args:
        images: uint8 array of any shape, usually (batch, height, width, channels).
        pixel_range: (low, high), the floats that 0 and 255 become. Default (-1, 1).

    Returns:
        float32 array of the same shape.

    Raises:
        TypeError: `images` are not uint8.
        ValueError: `pixel_range` is not two finite rising numbers.

    Example:
        ```python
        to_float(np.array([0, 255], "uint8"))  # [-1., 1.]
        ```
    """
    low, high = check_pixel_range(pixel_range)
    images = np.asarray(images)
    if images.dtype != np.uint8:
        raise TypeError(
            f"`images` must be uint8 pixels from 0 to 255. Received: dtype {images.dtype}. "
            "Pass them through app.data.Dataset first, which converts by a stated rule."
        )
    table = low + (high - low) * np.arange(256) / 255.0
    return table.astype("float32")[images]


def to_uint8(images, pixel_range=(-1.0, 1.0)):
    """Maps floats in `pixel_range` to uint8 pixels in numpy; values outside are clipped.

    Use it on what a sampler returned, before saving or scoring. Rounds half up.

    *Formula*: `floor(255 * (value - low) / (high - low) + 0.5)`, clipped to 0..255

    Args:
        images: float array of any shape.
        pixel_range: (low, high), the floats that become 0 and 255. Default (-1, 1).

    Returns:
        uint8 array of the same shape.

    Raises:
        ValueError: NaN among the values, or a bad `pixel_range`.

    Example:
        ```python
        to_uint8(np.array([-1.0, 0.0, 7.0]))  # [0, 128, 255]
        ```
    """
    low, high = check_pixel_range(pixel_range)
    images = np.asarray(images)
    bad = int(np.isnan(images).sum())
    if bad:
        raise ValueError(
            f"Images must be numbers to become pixels. Received: {bad} NaN among {images.size} "
            "values; the model that drew them has diverged (lower its learning rate)."
        )
    scaled = (images.astype("float32") - np.float32(low)) * np.float32(255.0 / (high - low))
    return np.clip(np.floor(scaled + np.float32(0.5)), 0, 255).astype("uint8")


def as_uint8(images):
    """Pixels as they are, or floats on the scale 0 to 255 rounded and clipped, in numpy."""
    return images if images.dtype == np.uint8 else to_uint8(images, (0.0, 255.0))


def scale(images, pixel_range=(-1.0, 1.0)):
    """Floats as a model trains on them, in keras.ops: uint8 pixels scaled, floats as they are.

    Args:
        images: uint8 tensor of any shape, or floats in `pixel_range`.
        pixel_range: (low, high), the floats that 0 and 255 become. Default (-1, 1).

    Returns:
        float32 tensor of the same shape.

    Example:
        ```python
        floats = scale(ops.convert_to_tensor(images), (-0.5, 0.5))
        ```
    """
    import keras
    from keras import ops

    floats = ops.cast(images, "float32")
    if keras.backend.standardize_dtype(images.dtype) == "uint8":
        low, high = pixel_range
        floats = low + (high - low) / 255.0 * floats
    return floats


def to_pixel_scale(images, pixel_range=(-1.0, 1.0)):
    """Floats on the scale of pixels, in keras.ops, neither rounded nor clipped.

    Args:
        images: float tensor of any shape.
        pixel_range: (low, high), the floats that become 0 and 255. Default (-1, 1).

    Returns:
        float32 tensor of the same shape; below 0 or above 255 where images leave `pixel_range`.

    Example:
        ```python
        to_pixel_scale(ops.convert_to_tensor([-1.0, 0.0, 3.0]))  # [0., 127.5, 510.]
        ```
    """
    from keras import ops

    low, high = check_pixel_range(pixel_range)
    return (ops.cast(images, "float32") - low) * (255.0 / (high - low))


def quantize(images, pixel_range=(-1.0, 1.0)):
    """The same rule as `to_uint8` in keras.ops, for compiled and exported samplers.

    NaN cannot be refused inside a graph; check with `to_uint8` outside.

    Args:
        images: float tensor of any shape.
        pixel_range: (low, high), the floats that become 0 and 255. Default (-1, 1).

    Returns:
        uint8 tensor of the same shape.

    Example:
        ```python
        pixels = quantize(sampler(denoiser, trajectory, start, seed, 0))
        ```
    """
    from keras import ops

    scaled = to_pixel_scale(images, pixel_range)
    return ops.cast(ops.clip(ops.floor(scaled + 0.5), 0.0, 255.0), "uint8")


def check_pixel_range(pixel_range):
    """Returns (low, high) as Python floats or raises a sentence."""
    try:
        low, high = (float(value) for value in pixel_range)
    except (TypeError, ValueError):
        low, high = 0.0, 0.0
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ValueError(
            "`pixel_range` must be two finite numbers, the lower first, like (-1.0, 1.0). "
            f"Received: pixel_range={pixel_range!r}"
        )
    return low, high
