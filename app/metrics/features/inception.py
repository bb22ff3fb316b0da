"""The Inception network of 2015 as a feature extractor: what published FIDs are made of."""

import hashlib

import numpy as np
from keras import ops

from app.diffusion.compiled import compiled
from app.metrics.features.inception_network import SIZE, WIDTHS, InceptionNetwork
from app.metrics.features.inception_weights import load_weights
from app.metrics.features.pixels import check_photographs

LAYERS = (64, 192, 768, 2048)


class InceptionFeatures:
    """Extracts the features of photographs that the Frechet Inception distance compares.

    Use it for colour photographs, and wherever a published FID, KID or Inception score is to be
    met: images are resized and scaled as the original graph does, with its aliasing. pytorch-fid
    resizes otherwise (half-pixel centres) and divides by 127.5, clean-fid antialiases; their
    numbers differ from these and from one another.

    Formula: `network((resize(images) - 128) / 128)`, the resize on the 0 to 255 scale, bilinear,
    pixel i of 299 read at i * size / 299 (`prepare`).

    Args:
        weights: path of the published weights, or None: those in `~/.cache/noisewise`, downloaded
            (96 MB) if they are not there.
        trusted: bool; True takes weights of an unknown sha256. See `inception_weights`.
        layer: int; 64, 192, 768 or 2048: whose features a call returns. The smaller ones are means
            over the pixels of earlier maps, for sets of fewer images than 2,048.
        batch_size: int, at least 1; images per pass. The last batch is filled up with zeros, so
            that one shape is compiled; features do not depend on it.

    Call arguments:
        images: uint8 `(samples, height, width, channels)`, RGB, or grey, which is repeated three
            times; any size.

    Output shape:
        `(samples, layer)`, float32; `logits` gives `(samples, 1008)`, `layers` all of it.

    Raises:
        UserError: if the weights cannot be found, downloaded or believed.
        ValueError: if `layer` or `batch_size` is none of these, or the images are not a uint8
            batch with one or three channels.

    Example:
        ```python
        extractor = InceptionFeatures()
        extractor(np.zeros((2, 32, 32, 3), "uint8")).shape  # (2, 2048)
        ```

    References:
        Heusel et al. 2017, arXiv:1706.08500v6; equal to torch-fidelity 0.4.0 up to rounding.
    """

    name = "inception"

    def __init__(self, weights=None, trusted=False, layer=2048, batch_size=32):
        if layer not in LAYERS:
            raise ValueError(f"`layer` must be one of {LAYERS}. Received: layer={layer!r}")
        if batch_size < 1:
            raise ValueError(f"`batch_size` must be at least 1. Received: batch_size={batch_size}")
        self.dimension, self.batch_size = int(layer), int(batch_size)
        tensors = load_weights(weights, trusted)
        self.digest = self._digest(tensors)
        self.network = InceptionNetwork(tensors)
        self._forward = compiled(self.network, self.network.variables)

    def _digest(self, tensors):
        """The sha256 of layer and tensors: the same for both published files."""
        digest = hashlib.sha256(f"inception {self.dimension}".encode())
        for name in sorted(tensors):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(tensors[name], "<f4"))
        return digest.hexdigest()

    def layers(self, images):
        """Returns all features and logits of one pass by name, float32 numpy."""
        images = check_photographs(images, "Inception")
        found = {name: np.empty((len(images), n), "float32") for name, n in WIDTHS.items()}
        for start in range(0, len(images), self.batch_size):
            batch = images[start : start + self.batch_size]
            count = len(batch)
            padded = np.pad(batch, [(0, self.batch_size - count), (0, 0), (0, 0), (0, 0)])
            for name, values in self._forward(prepare(padded)).items():
                found[name][start : start + count] = ops.convert_to_numpy(values)[:count]
        return found

    def outputs(self, images):
        """Returns features and logits of one pass; logits without bias, for the Inception score."""
        found = self.layers(images)
        return found[str(self.dimension)], found["logits_unbiased"]

    def __call__(self, images):
        """Returns the features."""
        return self.outputs(images)[0]

    def logits(self, images):
        """Returns the 1,008 logits without their bias."""
        return self.outputs(images)[1]


def prepare(images):
    """Returns the network's input `(samples, 299, 299, 3)`, a float32 tensor, of uint8 images.

    Formula: `x = i * size / 299, l = floor(x), h = min(l + 1, size - 1)`,
    `resized[i] = images[l] + (images[h] - images[l]) * (x - l)`, along the width, then the height:
    TensorFlow 1's `resize_bilinear`, which neither centres pixels nor filters; then
    `(resized - 128) / 128`.

    Args:
        images: uint8 `(samples, height, width, channels)`, one or three channels.

    Example:
        >>> float(prepare(np.full((1, 8, 8, 1), 192, "uint8"))[0, 0, 0, 2])
        0.5
    """
    resized = ops.convert_to_tensor(images)
    for axis in (2, 1):  # the width first: large images shrink before they become floats
        resized = _stretch(resized, axis)
    return ops.repeat((resized - 128) / 128, 3 // images.shape[-1], axis=-1)


def _stretch(images, axis):
    """Interpolates along one axis to 299 pixels; in float32, as the original kernel."""
    size = images.shape[axis]
    if size == SIZE:
        return ops.cast(images, "float32")
    places = np.arange(SIZE, dtype="float32") * np.float32(size / SIZE)
    low = places.astype("int32")
    high = np.minimum(low + 1, size - 1)
    weight = (places - low).reshape([-1 if each == axis else 1 for each in range(4)])
    below, above = (ops.cast(ops.take(images, at, axis=axis), "float32") for at in (low, high))
    return below + (above - below) * weight
