"""Batches of two domains at once: labelled source images first, unlabelled target images after."""

import keras
import numpy as np

from app.data.movement import moved
from app.data.pixels import to_float
from app.errors import UserError

UNLABELLED = -1


class DomainBatches(keras.utils.PyDataset):
    """Gives (images, labels), half source and half target; the target's labels are all -1.

    An epoch is one pass over the larger domain, or a number of batches; a domain goes round as
    often as it needs, in a new order each time. The order depends on (seed, epoch) alone, on
    either backend, so that a resumed run sees what the uninterrupted one would have seen.

    Args:
        source: Dataset with class labels.
        target: Dataset of the same shape; its labels, if it has any, are never read.
        batch_size: int; images of each domain in a batch.
        pixel_range: (low, high) of the float images.
        seed: int >= 0.
        steps: int; batches an epoch, 0: one pass over the larger domain.
        spread: float >= 0; of the random affine maps of `app.data.movement.moved`.
        shift: float >= 0, pixels; likewise.

    Attributes:
        epoch: the epoch whose batches are given, from 0; `FollowEpoch` sets it.

    Raises:
        UserError: a source without class labels, a domain with fewer images than a batch, or of
            another shape.

    Example:
        ```python
        batches = DomainBatches(source, target, batch_size=64)
        model.fit(batches, epochs=3, shuffle=False, callbacks=[FollowEpoch(batches)])
        ```
    """

    def __init__(
        self,
        source,
        target,
        batch_size=64,
        pixel_range=(0.0, 1.0),
        seed=0,
        steps=0,
        spread=0.0,
        shift=0.0,
    ):
        super().__init__(workers=1, use_multiprocessing=False)
        if not source.classes:
            raise UserError(f"The source needs class labels, and '{source.name}' has none.")
        if source.image_shape != target.image_shape:
            raise UserError(
                f"Both domains must have images of one shape. Received: {source.image_shape} in "
                f"'{source.name}', {target.image_shape} in '{target.name}'."
            )
        smallest = min(len(source), len(target))
        if smallest < batch_size:
            raise UserError(
                f"A batch takes {batch_size} images of each domain, and the smaller one has "
                f"{smallest}. Lower the batch size."
            )
        self.domains, self.labels = (source.images, target.images), source.labels
        self.batch_size, self.pixel_range, self.seed = batch_size, pixel_range, seed
        self.steps, self.movement = steps, (spread, shift)
        self.epoch = 0
        self._orders = {}

    @property
    def signature(self):
        """(shape, type) of the images and of the labels of a batch."""
        count = 2 * self.batch_size
        return ((count, *self.domains[0].shape[1:]), "float32"), ((count,), "int32")

    def __len__(self):
        return self.steps or max(len(images) for images in self.domains) // self.batch_size

    def __getitem__(self, index):
        step = self.epoch * len(self) + index
        source, target = (self._rows(place, step) for place in (0, 1))
        images = np.concatenate([self.domains[0][source], self.domains[1][target]])
        labels = np.concatenate([self.labels[source], np.full(len(target), UNLABELLED)])
        images = to_float(images, self.pixel_range)
        if any(self.movement):
            key = np.random.SeedSequence((self.seed, len(self.domains), step))
            random = np.random.Generator(np.random.PCG64(key))
            images = moved(images, *self.movement, random, fill=self.pixel_range[0])
        return images, labels.astype("int32")

    def _rows(self, place, step):
        """Which images of a domain stand in the batch of a step, counted over all epochs."""
        count = len(self.domains[place])
        turn, batch = divmod(step, count // self.batch_size)
        if self._orders.get(place, (None,))[0] != turn:
            key = np.random.SeedSequence((self.seed, place, turn))
            order = np.random.Generator(np.random.PCG64(key)).permutation(count)
            self._orders[place] = turn, order
        rows = self._orders[place][1]
        return rows[batch * self.batch_size : (batch + 1) * self.batch_size]
