"""Batches of images with an image of another data set beside each: cold diffusion's noise."""

import numpy as np

from app.data.pipeline import Batches
from app.data.pixels import to_float
from app.errors import UserError


class PairedBatches(Batches):
    """Batches in which each image is followed, along the channels, by a partner.

    Which images are partners depends on (seed, epoch) alone, on either backend, so that a run that
    goes on after a stop sees the pairs it would have seen.

    *Formula*: in epoch e, position i has the partner `integers(n)[i]` of numpy's PCG64 seeded by
    (seed, e, 2), n partners; without `shuffle`, as for validation, partner `i mod n`.

    Args:
        images: as for `Batches`.
        partners: uint8 array (n, height, width, channels), images of the same shape.
        **options: as for `Batches`.

    Raises:
        UserError: partners of another shape; and as `Batches`.

    Example:
        ```python
        batches = PairedBatches(load("mnist"), load("fashion_mnist").images, batch_size=64)
        batches[0].shape  # (64, 28, 28, 2), with labels=False
        ```
    """

    def __init__(self, images, partners, **options):
        super().__init__(images, **options)
        if partners.shape[1:] != self.dataset.image_shape:
            raise UserError(
                f"Partners must have the shape {self.dataset.image_shape} of the images. "
                f"Received: {partners.shape[1:]}. Resize them (`app.data.resize`)."
            )
        self.partners = partners

    @property
    def signature(self):
        """(shape, type) of the images of a batch, and of its labels if there are any."""
        ((*shape, channels), kind), *labels = super().signature
        return ((*shape, 2 * channels), kind), *labels

    def partner_rows(self, epoch=None):
        """Indices of the partners of the positions of an epoch, int64 (count,).

        Args:
            epoch: whole number >= 0, or None for the current one.
        """
        count, available = len(self.dataset), len(self.partners)
        if not self.shuffle:
            return np.arange(count) % available
        key = (self.seed, self.epoch if epoch is None else epoch, 2)
        generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))
        return generator.integers(available, size=count)

    def __getitem__(self, index):
        epoch = self.epoch
        batch = super().__getitem__(index)
        images, *labels = batch if self.labelled else (batch,)
        begin = index * self.batch_size
        rows = self.partner_rows(epoch)[begin : begin + len(images)]
        partners = to_float(self.partners[rows], self.pixel_range)
        pairs = np.concatenate([images, partners], axis=-1)
        return (pairs, *labels) if labels else pairs
