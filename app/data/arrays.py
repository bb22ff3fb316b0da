"""What a data set accepts: arrays of images and labels, checked and brought to one form."""

import numpy as np

from app.errors import UserError

MOST_CLASSES = 100_000


def as_images(images, name="data"):
    """Returns images as uint8 (count, height, width, channels), or raises a sentence.

    The rule: uint8 stays as it is; booleans become 0 and 255; other integers must lie in
    0..255; floats must be finite and are taken as 0..1 when none exceeds 1, else as 0..255, and
    rounded half up. Negative floats are refused: their scale cannot be known. Grey images
    (count, height, width) receive a channel axis.

    Args:
        images: array (count, height, width) or (count, height, width, channels), channels 1 or 3.
        name: name of the data set, for messages.

    Returns:
        uint8 array (count, height, width, channels).

    Raises:
        UserError: wrong shape, type or range, NaN, or no image at all.

    Example:
        ```python
        as_images(np.zeros((10, 28, 28))).shape  # (10, 28, 28, 1)
        ```
    """
    images = np.asarray(images)
    if images.dtype.kind not in "buif":
        raise UserError(
            f"Images of '{name}' must be numbers of one common shape. Received: an array of dtype "
            f"{images.dtype} and shape {images.shape}. Bring all images to one size first."
        )
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.shape[-1] not in (1, 3):
        raise UserError(
            f"Images of '{name}' must have shape (count, height, width) or (count, height, width, "
            f"channels) with 1 or 3 channels. Received: shape {images.shape}. Channels go last."
        )
    if 0 in images.shape:
        raise UserError(f"'{name}' must hold at least one image. Received: shape {images.shape}.")
    if images.dtype == np.uint8:
        return np.ascontiguousarray(images)
    if images.dtype == bool:
        return images.astype("uint8") * np.uint8(255)
    return _scaled(images, name)


def _scaled(images, name):
    """Integers and floats to uint8 by the rule above."""
    if images.dtype.kind == "f" and not np.isfinite(images).all():
        bad = int((~np.isfinite(images)).sum())
        raise UserError(
            f"Images of '{name}' must be finite. Received: {bad} NaN or infinite values of "
            f"{images.size}. Remove or mend those images."
        )
    low, high = images.min(), images.max()
    if low < 0 or high > 255:
        raise UserError(
            f"Images of '{name}' must lie in 0..255, or as floats in 0..1. Received: {low} to "
            f"{high}. Rescale them; images in -1..1 become `(images + 1) / 2`."
        )
    if images.dtype.kind == "f":
        scale = 255.0 if high <= 1 else 1.0
        images = np.floor(images * scale + 0.5)
    return images.astype("uint8")


def as_labels(labels, count, classes=None, name="data"):
    """Returns labels as int64 (count,), or attributes as float32 (count, attributes) of -1/+1.

    Args:
        labels: None, whole numbers (count,) from 0, or attributes (count, attributes) in -1/+1,
            where 0 means unknown. -1 for every image: there are no labels.
        count: number of images.
        classes: number of classes, or None to take the largest label + 1.
        name: name of the data set, for messages.

    Returns:
        None, int64 array (count,), or float32 array (count, attributes).

    Raises:
        UserError: another length, values that are no whole numbers, or out of range.

    Example:
        ```python
        as_labels([0, 1, 1], count=3, classes=2)
        ```
    """
    if labels is None:
        return None
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1 and labels.dtype.kind in "ui":
        labels = labels[:, 0]
    if labels.ndim not in (1, 2) or len(labels) != count:
        raise UserError(
            f"Labels of '{name}' must have one entry for each of its {count} images. Received: "
            f"shape {labels.shape}."
        )
    if labels.ndim == 2:
        return _attributes(labels, name)
    if labels.dtype.kind == "f" and np.all(labels == np.floor(labels)):
        labels = labels.astype("int64")
    if labels.dtype.kind not in "ui":
        raise UserError(
            f"Labels of '{name}' must be whole numbers, 0 for the first class. Received: dtype "
            f"{labels.dtype}, starting {labels[:3].tolist()}. Number the classes first."
        )
    if (labels == -1).all():
        return None
    limit = int(labels.max()) + 1 if classes is None else classes
    if limit > MOST_CLASSES:
        raise UserError(
            f"Labels of '{name}' must number the classes from 0, at most {MOST_CLASSES:,} of them. "
            f"Received: labels up to {limit - 1}. Number the classes first."
        )
    wrong = np.flatnonzero((labels < 0) | (labels >= limit))
    if wrong.size:
        raise UserError(
            f"Labels of '{name}' must lie in 0..{limit - 1}. Received: {labels[wrong[0]]} at index "
            f"{wrong[0]} ({wrong.size} labels out of range)."
        )
    return labels.astype("int64")


def _attributes(labels, name):
    """A vector of attributes each: -1, +1, or 0 for unknown."""
    if labels.dtype.kind not in "buif" or not np.isin(labels, (-1, 0, 1)).all():
        raise UserError(
            f"Attributes of '{name}' must be -1 (no), +1 (yes) or 0 (unknown). Received: dtype "
            f"{labels.dtype}. One-hot class labels become whole numbers by `labels.argmax(1)`."
        )
    return labels.astype("float32")


def no_and_yes(labels, name="data"):
    """Labels of a whole file as a `Dataset` wants them: of attributes 0 and 1 become -1 and +1.

    Args:
        labels: array or None; class numbers `(count,)`, or attributes `(count, attributes)` of
            which all are 0 or 1, or some are -1 (then 0 is unknown).
        name: of the data set.

    Raises:
        UserError: one-hot class labels.

    Example:
        >>> no_and_yes([[0, 0], [1, 1]]).tolist()
        [[-1, -1], [1, 1]]
    """
    labels = None if labels is None else np.asarray(labels)
    if labels is None or labels.ndim != 2 or not np.isin(labels, (0, 1)).all():
        return labels
    labels = labels.astype("int8")
    if labels.shape[1] > 1 and (labels.sum(axis=1) == 1).all():
        raise UserError(
            f"Each image of '{name}' has one 1 and else 0, so that these look like one-hot class "
            "labels. Make whole numbers of them by `labels.argmax(1)`; of attributes write -1 for "
            "no."
        )
    return 2 * labels - 1
