"""Ten yes/no attributes of a digit, measured: the same on real images and on generated ones."""

import hashlib

import numpy as np

from app.data.digit_shape import HOLE, INK, digit_shape

# (measure, +1: at least, -1: at most, threshold)
RULES = {
    "thick": ("stroke", 1, 1.33),
    "wide": ("aspect", 1, 0.90),
    "tall": ("aspect", -1, 0.60),
    "slanted_left": ("slant", -1, -0.07),
    "slanted_right": ("slant", 1, 0.29),
    "has_hole": ("holes", 1, 1.0),
    "two_holes": ("holes", 1, 2.0),
    "top_heavy": ("balance", 1, 0.18),
    "bottom_heavy": ("balance", -1, -0.10),
    "symmetric": ("symmetry", 1, 0.56),
}
SIDE = 28  # pixels: the thresholds were taken at this size


class DigitAttributes:
    """Says which attributes a digit has, from its measures and fixed thresholds.

    Use it to label real digits, and as the judge of digits drawn with attributes. It cannot be
    mistaken, for the attributes are what it measures: has_hole is a hole, whatever the digit.

    The thresholds are the outer quartiles of MNIST's 60,000 training images, to two digits:
    thick: stroke >= 1.33 pixels; wide: width / height >= 0.90; tall: <= 0.60; slanted_right: slant
    >= 0.29; slanted_left: <= -0.07; top_heavy: balance >= 0.18; bottom_heavy: <= -0.10; symmetric:
    symmetry >= 0.56; has_hole and two_holes: one hole or more, two or more. Of these images 26 %
    are thick, 32 % wide, 27 % tall, 25 % slanted left, 25 % right, 38 % have a hole (91 % of the
    noughts, 34 % of the twos), 6.7 % have two (64 % of the eights), 25 % are top-heavy, 25 %
    bottom-heavy, 24 % symmetric. An image without ink has none of them.

    Attributes: `names`; `name`; `digest`, the sha256 of rules and constants.

    Example:
        >>> DigitAttributes()(np.zeros((2, 28, 28, 1), "uint8")).shape
        (2, 10)
    """

    name = "digit-attributes"
    names = tuple(RULES)
    digest = hashlib.sha256(repr((RULES, INK, HOLE)).encode()).hexdigest()

    def __call__(self, images):
        """Returns float32 (count, 10), +1 has it, -1 has not, of uint8 (count, 28, 28, 1).

        Raises:
            ValueError: images of another shape; the measures of the thickness are in pixels.
        """
        if images.ndim != 4 or tuple(images.shape[1:]) != (SIDE, SIDE, 1):
            raise ValueError(
                f"Attributes are measured on grey digits of {SIDE}x{SIDE} pixels, shape (count, "
                f"{SIDE}, {SIDE}, 1). Received: {tuple(images.shape)}. Resize them first."
            )
        shape = digit_shape(images)
        seen = shape["aspect"] > 0
        present = [
            seen & (sign * shape[measure] >= sign * threshold)
            for measure, sign, threshold in RULES.values()
        ]
        return np.where(np.stack(present, axis=1), 1.0, -1.0).astype("float32")


def judge_of(names, image_shape):
    """The judge that measures attributes of these names in images of this shape, or None.

    Args:
        names: names of attributes.
        image_shape: (height, width, channels).

    Example:
        >>> judge_of(("Bald", "Male"), (64, 64, 3)) is None
        True
    """
    fits = tuple(image_shape) == (SIDE, SIDE, 1)
    return DigitAttributes() if names and fits and set(names) <= set(RULES) else None
