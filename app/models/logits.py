"""From uint8 images to a classifier's logits, in one compiled program."""

import functools

import numpy as np
from keras import ops

from app.diffusion.compiled import compiled

PIXEL_RANGE = (0.0, 1.0)  # of the floats that classifiers are trained on


def logits_function(model, batch_size=500):
    """Returns the function uint8 images `(n, height, width, channels)` -> logits `(n, classes)`.

    Use it to measure a classifier; the batch size has no effect on the result, since dropout is
    off and normalisation uses its stored statistics.

    Args:
        model: keras Model of float images in [0, 1].
        batch_size: int; images a pass. The last batch is filled up, so that one shape is compiled.

    Returns:
        A function; its result is float32 numpy.

    Example:
        ```python
        predicted = logits_function(model)(test.images).argmax(axis=1)
        ```
    """
    # A lambda would be one function to TensorFlow, compiled for many models: it warns of that.
    program = compiled(functools.partial(from_uint8, model), model.variables)

    def logits(images):
        count, rows = len(images), []
        size = min(batch_size, count)
        for begin in range(0, count, size):
            batch = images[begin : begin + size]
            filled = np.pad(batch, [(0, size - len(batch)), (0, 0), (0, 0), (0, 0)])
            rows.append(ops.convert_to_numpy(program(ops.convert_to_tensor(filled)))[: len(batch)])
        return np.concatenate(rows).astype("float32")

    return logits


def from_uint8(model, images):
    """The logits of a batch of uint8 images, as float32."""
    low, high = PIXEL_RANGE
    floats = low + (high - low) / 255.0 * ops.cast(images, "float32")
    return ops.cast(model(floats, training=False), "float32")
