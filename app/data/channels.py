"""Grey images beside colour ones: brought to one number of channels where that is plain to do."""

import numpy as np

from app.errors import UserError


def like(images, wanted, name):
    """Returns images with as many channels as the reference has, where that is plain to do.

    Grey images become colour by repeating their channel; colour images become grey only if their
    three channels are equal.

    Args:
        images: uint8 (count, height, width, channels), or what is sliced like it.
        wanted: 1 or 3, the channels of the reference.
        name: name of the images, for the message.

    Raises:
        UserError: colour images against a grey reference.
    """
    if images.shape[3] == wanted:
        return images
    if wanted == 1:
        for start in range(0, len(images), 1000):
            block = images[start : start + 1000]
            if np.any(block != block[..., :1]):
                raise UserError(
                    f"The images of '{name}' are in colour, those of the reference are grey. Make "
                    "them grey first, or give another --against."
                )
    return Channels(images, wanted)


class Channels:
    """A view of images with another number of equal channels, converted as it is sliced.

    Args:
        images: uint8 (count, height, width, channels), or what is sliced like it.
        channels: 1 takes the first channel, 3 repeats the only one.
    """

    dtype = np.dtype("uint8")

    def __init__(self, images, channels):
        self.images, self.channels = images, channels
        self.shape = (*images.shape[:3], channels)

    @property
    def digest(self):
        """That of the images, where they have one, and the channels."""
        return f"{self.images.digest}-{self.channels}"

    def __len__(self):
        return len(self.images)

    def __getitem__(self, key):
        images = self.images[key]
        return np.repeat(images[..., :1], self.channels, axis=-1)
