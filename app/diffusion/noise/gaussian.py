"""Unit Gaussian noise: the source of DDPM."""

import keras
from keras import ops, random

from app.diffusion.configured import Configured
from app.diffusion.randomness import START, normal


@keras.saving.register_keras_serializable("diffusion")
class GaussianNoise(Configured):
    """Independent N(0, 1) in every pixel.

    Example:
        ```python
        noise = GaussianNoise().draw(clean, keras.random.SeedGenerator(0))
        ```

    Source: Ho, Jain, Abbeel 2020, arXiv:2006.11239v2, eq. 2.
    """

    parts = 1
    given_start = False

    def separate(self, images):
        """Returns the images of a batch in a list: they come without their noise."""
        return [images]

    def draw(self, clean, seed):
        """Returns noise for a training step, shaped as `clean`; `seed` is a `SeedGenerator`."""
        return random.normal(ops.shape(clean), seed=seed)

    def fixed(self, clean, seed, shape):
        """Returns the noise of a validation batch: that of the first images of an int seed."""
        return normal(seed, 0, ops.shape(clean)[0], 0, START, shape)

    def start(self, seed, first_index, count, shape):
        """Returns the start of `count` images of `shape`, float32; image i by its index alone."""
        return normal(seed, first_index, count, 0, START, shape)

    def in_loop(self, seed, first_index):
        """Returns None: samplers draw unit noise by themselves."""
        return None

    def target(self, target):
        """Returns the target as it is."""
        return target
