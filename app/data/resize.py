"""A data set at another size and number of channels, so that two domains fit one network."""

import dataclasses

import numpy as np
from keras import ops

BATCH = 1000


def resized(dataset, size, channels):
    """Returns the data set, in memory, as square images of `size` with 1 or 3 channels.

    Sizes change by antialiased bilinear interpolation, rounded; grey becomes colour by repeating
    its channel, colour grey by the mean of its channels. Labels stay.

    Args:
        dataset: a Dataset.
        size: int, height and width in pixels.
        channels: 1 or 3.

    Returns:
        Dataset.

    Example:
        ```python
        resized(load("digits"), 28, 3).image_shape  # (28, 28, 3)
        ```
    """
    dataset = dataset.first(len(dataset))
    if dataset.image_shape == (size, size, channels):
        return dataset
    images = np.empty((len(dataset), size, size, channels), "uint8")
    for begin in range(0, len(dataset), BATCH):
        part = dataset.images[begin : begin + BATCH].astype("float32")
        if part.shape[3] != channels:
            part = part.mean(axis=3, keepdims=True)
        if part.shape[1:3] != (size, size):
            part = ops.convert_to_numpy(
                ops.image.resize(
                    part,
                    (size, size),
                    interpolation="bilinear",
                    antialias=True,
                    data_format="channels_last",
                )
            )
        images[begin : begin + BATCH] = np.clip(np.rint(part), 0, 255)
    return dataclasses.replace(dataset, images=images, digest="")
