"""Batches for training a shipped network: only the seed decides which images, and how changed."""

import keras
import numpy as np


class SeededBatches(keras.utils.PyDataset):
    """Batches in an order and with changes that depend only on (seed, epoch, batch).

    What is left over at the end of an epoch is dropped.

    Args:
        count: int; number of samples.
        seed: int; the only source of chance.
        batch: int; samples a batch.
        make: function of the indices of a batch and a numpy Generator that returns what `fit`
            takes: inputs and targets.
        epoch: int; the number of the first epoch. Default 0.

    Example:
        >>> batches = SeededBatches(5, 0, 2, lambda chosen, generator: (chosen, chosen % 2))
        >>> len(batches), batches[0][0].shape
        (2, (2,))
    """

    def __init__(self, count, seed, batch, make, epoch=0):
        super().__init__()
        self.count, self.seed, self.batch, self.make = count, seed, batch, make
        self.epoch = epoch - 1
        self.on_epoch_begin()

    def __len__(self):
        return self.count // self.batch

    def __getitem__(self, index):
        chosen = self.order[index * self.batch : (index + 1) * self.batch]
        return self.make(chosen, np.random.default_rng((self.seed, self.epoch, index)))

    def on_epoch_begin(self):
        """Draws the order of the epoch."""
        self.epoch += 1
        self.order = np.random.default_rng((self.seed, self.epoch)).permutation(self.count)


def crop_and_flip(images, generator, size, shift=0, flip=True):
    """Cuts a square out of each image, anywhere, and mirrors half of the squares.

    Args:
        images: array `(batch, height, width, channels)`.
        generator: numpy Generator, the only source of chance.
        size: int, pixels; side of the square.
        shift: int, pixels; how far a square may reach beyond the image, whose edge is mirrored.
        flip: bool, or one for each image; False for digits.

    Returns:
        array `(batch, size, size, channels)` of the same type.

    Example:
        >>> crop_and_flip(np.ones((2, 8, 8, 3)), np.random.default_rng(0), 6).shape
        (2, 6, 6, 3)
    """
    padded = np.pad(images, [(0, 0), (shift, shift), (shift, shift), (0, 0)], mode="reflect")
    count, height, width = padded.shape[:3]
    rows = generator.integers(0, height - size + 1, (count, 1)) + np.arange(size)
    columns = generator.integers(0, width - size + 1, (count, 1)) + np.arange(size)
    mirrored = (generator.random(count) < 0.5) & flip
    columns[mirrored] = columns[mirrored, ::-1]
    return padded[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
