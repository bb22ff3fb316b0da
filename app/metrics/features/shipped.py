"""What all shipped networks share: weights that match their record, and passes in batches."""

import hashlib
import json
from pathlib import Path

import numpy as np
from keras import ops

from app.errors import UserError
from app.metrics.features.pixels import check_images


class ShippedNetwork:
    """A network whose weights lie beside its code, with a JSON record of how they were made.

    A subclass names itself (`name`, `title`, `dimension`), its training `script`, the `stem` of
    its two files, and says how to `make` the network and to `prepare` images.

    Args:
        batch_size: int, at least 1; images per pass. The last batch is filled up with zeros, so
            that one shape is compiled; features do not depend on it.
        stem: path without ending of the weights and their record. Default: the shipped ones.

    Raises:
        UserError: if a file is missing or the sha256 of the weights is not the recorded one.
    """

    def __init__(self, batch_size=250, stem=None):
        self.batch_size = int(batch_size)
        stem = self.stem if stem is None else stem
        weights, record = Path(f"{stem}.weights.h5"), Path(f"{stem}.json")
        for path in (weights, record):
            if not path.is_file():
                raise UserError(
                    f"The {self.title} needs {path}, which is missing. Restore it with "
                    f"`git checkout`, or train it: `python -m {self.script}`."
                )
        self.record = json.loads(record.read_text())
        self.digest = sha256(weights)
        if self.digest != self.record["sha256"]:
            raise UserError(
                f"The weights {weights} have the sha256 {self.digest[:12]}..., but their record "
                f"says {self.record['sha256'][:12]}...: scores made with them would not compare. "
                "Restore both files with `git checkout`."
            )
        self.network = self.make()
        self.network.load_weights(weights)

    @property
    def variables(self):
        """The variables that the network reads."""
        return self.network.variables

    def through(self, function, images, widths):
        """Sends images through the network in batches of one size.

        Args:
            function: from a tensor of prepared images to a tuple of tensors `(batch, width)`.
            images: uint8 `(samples, height, width, channels)`.
            widths: one width for each of those tensors.

        Returns:
            list of float32 arrays `(samples, width)`.

        Raises:
            ValueError: if the images are not a uint8 batch.
        """
        images = check_images(images)
        results = [np.empty((len(images), width), np.float32) for width in widths]
        for start in range(0, len(images), self.batch_size):
            batch = self.prepare(images[start : start + self.batch_size])
            count = len(batch)
            padded = np.pad(batch, [(0, self.batch_size - count), (0, 0), (0, 0), (0, 0)])
            outputs = function(ops.convert_to_tensor(padded))
            for result, output in zip(results, outputs, strict=True):
                result[start : start + count] = ops.convert_to_numpy(output)[:count]
        return results


class ClassifierFeatures(ShippedNetwork):
    """A shipped classifier: the features behind its decision, and the decision."""

    def outputs(self, images):
        """Returns features and logits of one pass, both float32 numpy."""

        def both(batch):
            features = self.network.features(batch)
            return features, self.network.judge(features)

        return tuple(self.through(both, images, (self.dimension, self.network.classes)))

    def __call__(self, images):
        """Returns the features."""
        return self.outputs(images)[0]

    def logits(self, images):
        """Returns the logits of the classes."""
        return self.outputs(images)[1]

    def predict(self, images):
        """Returns the class each image shows most likely, int64."""
        return self.outputs(images)[1].argmax(1)


def resized(images, size):
    """Returns float32 images in [0, 1], resized by antialiased bilinear interpolation.

    Args:
        images: `(samples, height, width, channels)` from 0 to 255; resized on that scale, without
            rounding.
        size: int, pixels; height and width of the result.

    Example:
        >>> resized(np.full((1, 8, 8, 1), 255, "uint8"), 4).max()
        1.0
    """
    images = images.astype(np.float32)
    if images.shape[1:3] != (size, size):
        tensor = ops.image.resize(
            images,
            (size, size),
            interpolation="bilinear",
            antialias=True,
            data_format="channels_last",
        )
        images = ops.convert_to_numpy(tensor)
    return images / np.float32(255)


def write_shipped(network, stem, record):
    """Writes the weights of a bare network and, beside them, the JSON that says what they are.

    Args:
        network: a built network without optimizer, so that the digest is that of its weights.
        stem: path without ending.
        record: dict; what to write after the name and the sha256 of the weights.

    Returns:
        The record, as written.
    """
    weights = Path(f"{stem}.weights.h5")
    network.save_weights(weights)
    record = {"weights": weights.name, "sha256": sha256(weights), **record}
    Path(f"{stem}.json").write_text(json.dumps(record, indent=2) + "\n")
    return record


def sha256(path):
    """Returns the sha256 of a file, in hexadecimal."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
