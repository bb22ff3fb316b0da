"""The shipped digit classifier as a feature extractor: 1,024 numbers that know digits.

Inception's features know photographs; on digits they mislead. This classifier was trained on the
60,000 images of MNIST (`train_digit_classifier`); the record beside its weights tells how.
"""

from pathlib import Path

import numpy as np

from app.metrics.features.digit_network import DigitClassifier
from app.metrics.features.shipped import ClassifierFeatures, resized

STEM = Path(__file__).with_name("digit_classifier")


class DigitFeatures(ClassifierFeatures):
    """Extracts the features of digits, and judges which digit an image shows.

    Colour images become grey by the mean of their channels (not luma: MNIST-M and coloured digits
    carry no daylight); other sizes become 28x28 by antialiased bilinear interpolation, on the
    0 to 255 scale, without rounding; pixels then lie in [0, 1]. Digits must be bright on dark.

    Args:
        batch_size: int, at least 1; images per pass. Features do not depend on it.
        stem: path without ending of the weights and their record. Default: the shipped ones.

    Call arguments:
        images: uint8 `(samples, height, width, channels)`, any size and number of channels.

    Output shape:
        `(samples, 1024)`, float32; `logits` gives `(samples, 10)`, `predict` `(samples,)`.

    Raises:
        UserError: if the weights are missing or their sha256 is not the recorded one.
        ValueError: if the images are not a uint8 batch.

    Example:
        >>> extractor = DigitFeatures()
        >>> extractor(np.zeros((2, 28, 28, 1), "uint8")).shape
        (2, 1024)
    """

    name = "digit-classifier"
    title = "digit classifier"
    script = "app.metrics.features.train_digit_classifier"
    dimension = 1024
    stem = STEM

    def make(self):
        """Returns the network, built."""
        network = DigitClassifier()
        network.build((None, 28, 28, 1))
        return network

    def prepare(self, images):
        """Returns what the network takes, of uint8 images of any size."""
        return prepare(images)


def prepare(images):
    """Returns grey float32 images `(samples, 28, 28, 1)` in [0, 1] of uint8 images of any size."""
    return resized(images.astype(np.float32).mean(axis=3, keepdims=True), 28)
