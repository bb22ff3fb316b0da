"""The shipped digit classifier as a feature extractor: 1,024 numbers that know digits.

Inception's features know photographs; on digits they mislead. This classifier was trained on the
60,000 images of MNIST (`train_digit_classifier`); the record beside its weights tells how.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
from keras import ops

from app.errors import UserError
from app.metrics.features.digit_network import DigitClassifier
from app.metrics.features.pixels import check_images

STEM = Path(__file__).with_name("digit_classifier")


class DigitFeatures:
    """Extracts the features of digits, and judges which digit an image shows.

    Colour images become grey by the mean of their channels (not luma: MNIST-M and coloured digits
    carry no daylight); other sizes become 28x28 by antialiased bilinear interpolation, on the
    0 to 255 scale, without rounding; pixels then lie in [0, 1]. Digits must be bright on dark.

    Args:
        batch_size: int, at least 1; images per pass. The last batch is filled up with zeros, so
            that one shape is compiled; features do not depend on it.
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
    dimension = 1024

    def __init__(self, batch_size=250, stem=STEM):
        self.batch_size = int(batch_size)
        weights, record = Path(f"{stem}.weights.h5"), Path(f"{stem}.json")
        for path in (weights, record):
            if not path.is_file():
                raise UserError(
                    f"The digit classifier needs {path}, which is missing. Restore it with "
                    "`git checkout`, or train it: "
                    "`python -m app.metrics.features.train_digit_classifier`."
                )
        self.record = json.loads(record.read_text())
        self.digest = hashlib.sha256(weights.read_bytes()).hexdigest()
        if self.digest != self.record["sha256"]:
            raise UserError(
                f"The weights {weights} have the sha256 {self.digest[:12]}..., but their record "
                f"says {self.record['sha256'][:12]}...: scores made with them would not compare. "
                "Restore both files with `git checkout`."
            )
        self.network = DigitClassifier()
        self.network.build((None, 28, 28, 1))
        self.network.load_weights(weights)

    def outputs(self, images):
        """Returns features and logits of one pass, both float32 numpy."""
        images = check_images(images)
        features = np.empty((len(images), self.dimension), np.float32)
        logits = np.empty((len(images), self.network.classes), np.float32)
        for start in range(0, len(images), self.batch_size):
            batch = prepare(images[start : start + self.batch_size])
            count = len(batch)
            padded = np.pad(batch, [(0, self.batch_size - count), (0, 0), (0, 0), (0, 0)])
            maps = self.network.features(ops.convert_to_tensor(padded))
            features[start : start + count] = ops.convert_to_numpy(maps)[:count]
            logits[start : start + count] = ops.convert_to_numpy(self.network.logits(maps))[:count]
        return features, logits

    def __call__(self, images):
        """Returns the features."""
        return self.outputs(images)[0]

    def logits(self, images):
        """Returns the logits of the ten digits."""
        return self.outputs(images)[1]

    def predict(self, images):
        """Returns the digit each image shows most likely, int64."""
        return self.outputs(images)[1].argmax(1)


def prepare(images):
    """Returns grey float32 images `(samples, 28, 28, 1)` in [0, 1] of uint8 images of any size."""
    grey = images.astype(np.float32).mean(axis=3, keepdims=True)
    if grey.shape[1:3] != (28, 28):
        resized = ops.image.resize(
            grey, (28, 28), interpolation="bilinear", antialias=True, data_format="channels_last"
        )
        grey = ops.convert_to_numpy(resized)
    return grey / np.float32(255)
