"""Images as rows of pixels in [0, 1], made when they are sliced: no copy of all of them."""

import numpy as np


class PixelRows:
    """A view of images, uint8, as features `(n, height * width * channels)` of `Pixels`.

    Args:
        images: uint8 `(n, height, width, channels)`: an array, or what is sliced like one.

    Example:
        >>> PixelRows(np.full((3, 2, 2, 1), 255, "uint8"))[:2].shape
        (2, 4)
    """

    def __init__(self, images):
        self.images = images
        self.shape = (len(images), int(np.prod(images.shape[1:])))

    def __len__(self):
        return len(self.images)

    def __getitem__(self, key):
        images = self.images[key]
        return images.reshape(len(images), -1).astype(np.float32) / 255
