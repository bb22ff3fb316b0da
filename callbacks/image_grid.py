"""Many images in one: a grid, and the PNG file of one."""

import math
import os
from pathlib import Path

import numpy as np


def grid(images, columns=None, gap=2):
    """Puts images into one picture, row by row, with black gaps and black empty places.

    Use it for sample grids in files, trackers and model cards.

    Args:
        images: uint8 array (count, height, width, channels), channels 1, 3 or 4; count >= 1.
        columns: int >= 1; None makes the grid as square as it can be.
        gap: int >= 0, pixels between neighbours.

    Returns:
        uint8 array (rows * height + (rows - 1) * gap, columns * width + (columns - 1) * gap,
        channels).

    Raises:
        ValueError: another type or shape, or columns below 1.

    Example:
        >>> grid(np.zeros((6, 8, 8, 1), "uint8"), columns=3).shape
        (18, 28, 1)
    """
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 4 or not len(images):
        raise ValueError(
            "Expected uint8 images of shape (count, height, width, channels), count at least 1. "
            f"Received: dtype {images.dtype}, shape {images.shape}."
        )
    count, height, width, channels = images.shape
    if channels not in (1, 3, 4):
        raise ValueError(f"Expected 1, 3 or 4 channels. Received: shape {images.shape}.")
    columns = math.ceil(math.sqrt(count)) if columns is None else columns
    if columns < 1 or gap < 0:
        raise ValueError(f"Expected columns >= 1 and gap >= 0. Received: {columns} and {gap}.")
    rows = math.ceil(count / columns)
    cells = np.zeros((rows * columns, height + gap, width + gap, channels), np.uint8)
    cells[:count, :height, :width] = images
    cells = cells.reshape(rows, columns, height + gap, width + gap, channels)
    picture = cells.transpose(0, 2, 1, 3, 4)
    picture = picture.reshape(rows * (height + gap), columns * (width + gap), channels)
    return picture[: rows * (height + gap) - gap, : columns * (width + gap) - gap]


def write_png(path, picture):
    """Writes one uint8 picture (height, width, channels) to a PNG file, whole or not at all.

    Its folder is made.
    """
    from PIL import Image

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = picture[..., 0] if picture.shape[-1] == 1 else picture
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        Image.fromarray(picture).save(draft, format="PNG")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
