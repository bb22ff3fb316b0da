"""Images of another data set in the place of noise: cold diffusion."""

import keras
import numpy as np
from keras import ops

from app.diffusion.configured import Configured


@keras.saving.register_keras_serializable("diffusion")
class ImageNoise(Configured):
    """The images of one data set fade into those of another: nothing about it is Gaussian.

    Use it with the target clean and a sampler that draws no noise, such as `Cold`. A training
    example is an image and its noise, stacked along the channels (`app.data.paired`): which noise
    belongs to which image is settled where the order of batches is, and goes on after a stop.

    Sampling starts from images too. Those of `starts` are taken in an order of the seed, each once:
    a start decides the picture, so that there are no more pictures than starts, whatever the seed.
    In an exported sampler the start is an input.

    Args:
        starts: uint8 array (n, height, width, channels) that training does not see, or None, where
            each call of a sampler is given its start. Not part of the config.

    Example:
        ```python
        source = ImageNoise(starts=load("fashion_mnist", split="test").images)
        model = DiffusionModel(network, linear(), (28, 28, 1), target="clean", noise=source)
        pairs = PairedBatches(load("mnist"), load("fashion_mnist").images)
        ```

    Source: Bansal et al. 2022, arXiv:2208.09392v1 (there animorphosis: faces and animals).
    """

    parts = 2
    given_start = True

    def __init__(self, starts=None):
        self.starts = starts

    def separate(self, images):
        """Returns [clean images, their noise] of a batch, (batch, height, width, channels) each."""
        if images.shape[-1] % 2:
            raise ValueError(
                "Each image must be followed by its noise along the channels, as PairedBatches "
                f"gives them. Received: shape {tuple(images.shape)}."
            )
        return ops.split(images, 2, axis=-1)

    def draw(self, clean, seed, paired):
        """Returns the images that came with the clean ones."""
        return paired

    def fixed(self, clean, seed, shape, paired=None):
        """Returns the images that came with the clean ones, or else the first starts of a seed."""
        return self.start(seed, 0, clean.shape[0], shape) if paired is None else paired

    def start(self, seed, first_index, count, shape):
        """Returns the starts of images `first_index` to `first_index + count - 1`, uint8.

        Args:
            seed: int.
            first_index: int.
            count: int.
            shape: (height, width, channels); without effect.

        Raises:
            ValueError: there are no starts, or fewer than asked for.
        """
        available = 0 if self.starts is None else len(self.starts)
        if first_index + count > available:
            raise ValueError(
                f"Images {first_index} to {first_index + count - 1} need a start each, and there "
                f"are {available} images to start from. Ask for fewer, or pass `start` images."
            )
        order = np.random.Generator(np.random.PCG64(seed)).permutation(available)
        return self.starts[order[first_index : first_index + count]]

    def in_loop(self, seed, first_index):
        """Returns None: the samplers that fit draw nothing."""
        return None

    def target(self, target):
        """Returns the target, unless it is the noise."""
        if target.name in ("noise", "score"):
            raise ValueError(
                "Sampling starts from an image that is nothing but noise, which a prediction of "
                "the noise says nothing about. Received: target "
                f"'{target.name}'. Pass target 'clean'."
            )
        return target

    def get_config(self):
        """Returns no arguments: the starts are data."""
        return {}
