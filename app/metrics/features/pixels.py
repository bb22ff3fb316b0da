"""The plainest extractor: the pixels themselves."""

import hashlib

import numpy as np


class Pixels:
    """Turns images into rows of pixels in [0, 1].

    Use it for nearest neighbours and for small images no classifier was trained on. Distances
    between pixels punish shifts that no eye sees.

    Args:
        shape: (height, width, channels) of the images, in pixels.

    Call arguments:
        images: uint8 `(samples, height, width, channels)`.

    Output shape:
        `(samples, height * width * channels)`, float32.

    Raises:
        ValueError: if images of another shape or type come.

    Example:
        >>> Pixels((2, 2, 1))(np.full((3, 2, 2, 1), 255, "uint8")).shape
        (3, 4)
    """

    name = "pixels"

    def __init__(self, shape):
        self.shape = tuple(int(size) for size in shape)
        self.dimension = int(np.prod(self.shape))
        self.digest = hashlib.sha256(f"pixels / 255, {self.shape}".encode()).hexdigest()

    def __call__(self, images):
        """Returns the pixels as rows."""
        images = check_images(images)
        if images.shape[1:] != self.shape:
            raise ValueError(
                f"This extractor was made for images {self.shape}. Received: {images.shape[1:]}; "
                "make another one for that size."
            )
        return images.reshape(len(images), -1).astype(np.float32) / 255


def check_images(images):
    """Returns the array if it is a batch of uint8 images, and says in a sentence if not."""
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 4:
        raise ValueError(
            "Extractors take uint8 images (samples, height, width, channels) from 0 to 255. "
            f"Received: {images.dtype} {images.shape}."
        )
    return images


def check_photographs(images, title):
    """Returns the array if it is a batch of uint8 RGB or grey images, and says so if not.

    Args:
        images: uint8 `(samples, height, width, 1 or 3)`.
        title: str; who takes them, for the sentence.
    """
    images = check_images(images)
    if images.shape[-1] not in (1, 3):
        raise ValueError(
            f"{title} takes RGB or grey images (samples, height, width, 3 or 1). Received: "
            f"shape={images.shape}."
        )
    return images
