"""The shipped CIFAR-10 classifier as a feature extractor: 256 numbers that know photographs.

It judges the ten classes of CIFAR-10 at their own 32x32 pixels, where Inception needs an upsampled
image and a download. Trained on the 50,000 images of CIFAR-10 (`train_cifar_classifier`).
"""

from pathlib import Path

import numpy as np

from app.metrics.features.cifar_network import CifarClassifier
from app.metrics.features.shipped import ClassifierFeatures, resized

STEM = Path(__file__).with_name("cifar_classifier")


class CifarFeatures(ClassifierFeatures):
    """Extracts the features of small photographs, and judges which of ten things they show.

    The classes are airplane, automobile, bird, cat, deer, dog, frog, horse, ship and truck, in this
    order. A grey image becomes three equal channels; other sizes become 32x32 by antialiased
    bilinear interpolation, on the 0 to 255 scale, without rounding; pixels then lie in [0, 1].

    Args:
        batch_size: int, at least 1; images per pass. Features do not depend on it.
        stem: path without ending of the weights and their record. Default: the shipped ones.

    Call arguments:
        images: uint8 `(samples, height, width, channels)`, any size, 1 or 3 channels.

    Output shape:
        `(samples, 256)`, float32; `logits` gives `(samples, 10)`, `predict` `(samples,)`.

    Raises:
        UserError: if the weights are missing or their sha256 is not the recorded one.
        ValueError: if the images are not a uint8 batch of grey or colour images.

    Example:
        >>> extractor = CifarFeatures()
        >>> extractor(np.zeros((2, 32, 32, 3), "uint8")).shape
        (2, 256)
    """

    name = "cifar-classifier"
    title = "CIFAR-10 classifier"
    script = "app.metrics.features.train_cifar_classifier"
    dimension = 256
    stem = STEM

    def make(self):
        """Returns the network, built."""
        network = CifarClassifier()
        network.build((None, 32, 32, 3))
        return network

    def prepare(self, images):
        """Returns what the network takes, of uint8 images of any size."""
        return prepare(images)


def prepare(images):
    """Returns colour images `(samples, 32, 32, 3)` in [0, 1] of uint8 images of any size."""
    if images.shape[-1] not in (1, 3):
        raise ValueError(
            "Grey or colour images (samples, height, width, 1 or 3) are expected. Received: "
            f"{images.shape[-1]} channels; choose those to judge."
        )
    resized_images = resized(images, 32)
    return np.repeat(resized_images, 3, axis=-1) if images.shape[-1] == 1 else resized_images
