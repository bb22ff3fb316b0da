"""Images as CLIP and SigLIP were shown them: resized as Pillow does it, cropped, normalised.

keras-hub's own converters do not cut off what a cubic overshoots, and CLIP's crops before it
resizes and does not antialias: 7 levels of 255 off for a square image of 32 pixels, 137 for one of
45x60.
"""

import numpy as np
from keras import ops

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_DEVIATION = (0.26862954, 0.26130258, 0.27577711)


def clip_input(images, size):
    """Returns CLIP's input `(samples, size, size, 3)`, a float32 tensor, of images.

    Formula: `(crop(resize(images)) / 255 - mean) / deviation` of each channel; the shorter side
    becomes `size`, the longer one keeps its share of it, and the middle is cut out. CMMD's code
    cuts first and resizes then: the same for square images.

    Args:
        images: `(samples, height, width, channels)`, one or three channels, pixels of 0 to 255.
        size: int, pixels.

    Example:
        >>> float(clip_input(np.full((1, 8, 8, 1), 255, "uint8"), 32)[0, 0, 0, 0])  # (1 - 0.48...
        1.9303...

    References:
        Radford et al. 2021, arXiv:2103.00020v1; CLIPImageProcessor of transformers 5.24.0.
    """
    sides = np.array(images.shape[1:3])
    height, width = (int(side) for side in size * sides // sides.min())
    top, left = (height - size) // 2, (width - size) // 2
    resized = resize(images, height, width)[:, top : top + size, left : left + size]
    colour = ops.repeat(resized, 3 // resized.shape[-1], axis=-1)
    mean, deviation = (np.array(each, "float32") for each in (CLIP_MEAN, CLIP_DEVIATION))
    return (colour / 255 - mean) / deviation


def siglip_input(images, size):
    """Returns SigLIP's input `(samples, size, size, 3)`, a float32 tensor, of images.

    Formula: `resize(images) * 2 / 255 - 1`; images that are not square are squeezed.

    Args:
        images: `(samples, height, width, channels)`, one or three channels, pixels of 0 to 255.
        size: int, pixels.

    Example:
        >>> float(siglip_input(np.full((1, 8, 8, 1), 255, "uint8"), 32)[0, 0, 0, 2])
        1.0

    References:
        Zhai et al. 2023, arXiv:2303.15343v4; SiglipImageProcessor of transformers 5.24.0.
    """
    resized = resize(images, size, size)
    return ops.repeat(resized * (2 / 255) - 1, 3 // resized.shape[-1], axis=-1)


def resize(images, height, width):
    """Returns float32 images resized as Pillow does it: bicubic, with antialiasing.

    The width goes first, then the height, and after each what the cubic overshoots is cut off and
    the rest rounded to whole levels. Gradients pass as if nothing were rounded.

    Args:
        images: `(samples, height, width, channels)`, pixels of 0 to 255.
        height: int, pixels.
        width: int, pixels.
    """
    resized = ops.cast(images, "float32")
    for size in ((resized.shape[1], width), (height, width)):
        resized = ops.image.resize(
            resized,
            size,
            interpolation="bicubic",
            antialias=True,
            data_format="channels_last",
        )
        resized = ops.clip(resized, 0, 255)
        resized += ops.stop_gradient(ops.floor(resized + 0.5) - resized)
    return resized
