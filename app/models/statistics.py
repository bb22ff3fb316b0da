"""The statistics of batch normalisation of another domain: put in for a while, or for good."""

import contextlib

import keras
import numpy as np

from app.data.pixels import to_float
from app.data.subsets import random_rows
from app.models.logits import PIXEL_RANGE
from callbacks.batch_statistics import batch_norm_variables, recompute
from callbacks.swapping import assign_values, numpy_values

IMAGES = 2000  # that statistics are computed of, at random


def adapt_statistics(network, images, batch_size):
    """Batch normalisation takes the statistics of these images: adaptive batch normalisation.

    Use it on a network that was trained on another domain, with images of the one it is to serve;
    labels are not needed. At most `IMAGES` of them are taken.

    Formula: of each layer, the mean over batches of the batch's means and variances, every layer
    below it normalising by the batch too.

    Args:
        network: keras Model of float images in [0, 1], trained.
        images: uint8 `(n, height, width, channels)`.
        batch_size: int; images a batch, at most; batches are of equal size.

    References:
        Li et al. 2016, arXiv:1603.04779, algorithm 1.
    """
    if not batch_norm_variables(network):
        return
    images = random_rows(images, IMAGES)
    count = -(-len(images) // batch_size)
    rows = np.resize(np.arange(len(images)), (count, -(-len(images) // count)))
    batches = [to_float(images[row], PIXEL_RANGE) for row in rows]
    assign_values(batch_norm_variables(network), recompute(network, [], batches))


@contextlib.contextmanager
def adapted(network, images, batch_size):
    """For a while, as `adapt_statistics`; then the old statistics are back."""
    before = numpy_values(batch_norm_variables(network))
    adapt_statistics(network, images, batch_size)
    try:
        yield
    finally:
        assign_values(batch_norm_variables(network), before)


@contextlib.contextmanager
def statistics_kept(network):
    """What passes through the network in training mode meanwhile leaves its statistics alone.

    It is made for tracing: the layers read their momentum when a step is compiled.
    """
    layers = [
        layer
        for layer in network._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    momenta = [layer.momentum for layer in layers]
    try:
        for layer in layers:
            layer.momentum = 1.0
        yield
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
