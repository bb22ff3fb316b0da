"""Images and masks that a person gives to a trained model, opened and checked against it."""

import os
import re
from pathlib import Path

import numpy as np

from app.data.channels import like
from app.data.folder import SUFFIXES, read_image
from app.data.image_set import ImageSet, open_images
from app.data.sources import load
from app.errors import UserError

MOST = 1000  # images; more are hardly meant


def open_inputs(text, shape, directory=None):
    """Opens the images to begin with.

    Args:
        text: an image file, a folder, an .npz or the name of a data set (its test images), and
            rows of it after a colon, like "mnist-5k:0,5,7".
        shape: (height, width, channels) of the model.
        directory: folder of existing copies of data sets.

    Returns:
        (images, labels): uint8 (count, height, width, channels), and int64 (count,) or None.

    Raises:
        UserError: nothing there, rows that are not, another size, or colour for a grey model.

    Example:
        ```python
        images, labels = open_inputs("mnist-5k:0,5,7", (28, 28, 1))
        ```
    """
    name, colon, rows = text.rpartition(":")
    if not colon or not re.fullmatch(r"[\d,\s]+", rows):
        name, rows = text, ""
    path = Path(os.path.expanduser(name))
    if path.suffix.lower() in SUFFIXES:
        if not path.is_file():
            raise UserError(f"An image was expected at {path}. There is none.")
        images, labels = read_image(path)[None], None
    elif path.is_dir() or path.suffix == ".npz":
        images, labels = _contents(open_images(path))
    else:
        images, labels = _contents(ImageSet.of(load(name, directory, "test")))
    if rows:
        chosen = [int(row) for row in rows.split(",") if row.strip()]
        wrong = [row for row in chosen if row >= len(images)]
        if wrong or not chosen:
            raise UserError(
                f"Rows of {name} are from 0 to {len(images) - 1}. Received: {rows or 'none'}."
            )
        images, labels = images[chosen], None if labels is None else labels[chosen]
    if len(images) > MOST:
        raise UserError(
            f"{name} has {len(images)} images, and {MOST} at a time are the most. Name some of "
            f"them, like {name}:0,5,7."
        )
    images = np.asarray(images[:])
    if images.shape[1:3] != tuple(shape[:2]) or images.shape[3] > shape[2]:
        raise UserError(
            f"The model draws images of {_size(shape)}. Received from {name}: "
            f"{_size(images.shape[1:])}. Resize or convert them first."
        )
    return np.asarray(like(images, shape[2], name)[:]), labels


def open_mask(text, shape):
    """Opens the mask of what is drawn anew.

    Args:
        text: "TOP,LEFT,HEIGHT,WIDTH" in pixels; an image file, white (128 or more) where it is
            drawn; or an .npz with `mask` (or `arr_0`), bool or 0 and 1, (height, width).
        shape: (height, width, channels) of the model.

    Returns:
        bool (height, width, 1), True where it is drawn.

    Raises:
        UserError: no such file, another size, other values, or a mask that hides nothing.

    Example:
        ```python
        open_mask("7,7,14,14", (28, 28, 1)).sum()  # 196
        ```
    """
    height, width = shape[:2]
    if re.fullmatch(r"\s*\d+(\s*,\s*\d+){3}\s*", text):
        top, left, tall, wide = (int(part) for part in text.split(","))
        if top + tall > height or left + wide > width:
            raise UserError(
                f"The box TOP,LEFT,HEIGHT,WIDTH must lie in images of {height}x{width} pixels. "
                f"Received: --mask {text}."
            )
        mask = np.zeros((height, width), bool)
        mask[top : top + tall, left : left + wide] = True
    else:
        mask = _read_mask(Path(os.path.expanduser(text)))
    if mask.shape != (height, width):
        raise UserError(
            f"A mask has the size of the model's images, {height}x{width}. Received: "
            f"{'x'.join(map(str, mask.shape))} from {text}."
        )
    if not mask.any():
        raise UserError(
            f"The mask {text} hides nothing: all would be kept. Make white what is to be drawn."
        )
    return mask[..., None]


def _contents(images):
    """The images of a set as something to be sliced, and its labels."""
    return images.images, images.labels


def _read_mask(path):
    """A bool mask from a file."""
    if not path.is_file():
        raise UserError(
            "A mask is a box TOP,LEFT,HEIGHT,WIDTH, an image file or an .npz. Received: "
            f"{path}, which is none of them."
        )
    if path.suffix != ".npz":
        return read_image(path).max(axis=-1) >= 128
    try:
        with np.load(path, allow_pickle=False) as archive:
            mask = np.squeeze(archive["mask" if "mask" in archive.files else "arr_0"])
    except Exception as error:  # one of the many ways in which an archive can be damaged
        raise UserError(f"{path} must hold `mask`. It could not be read: {error}.") from error
    if mask.dtype != bool and not np.isin(mask, (0, 1)).all():
        raise UserError(f"The mask in {path} must be bool, or 0 and 1. Received: {mask.dtype}.")
    return mask.astype(bool)


def _size(shape):
    """A shape in words."""
    return f"{shape[0]}x{shape[1]} pixels, {'grey' if shape[2] == 1 else 'colour'}"
