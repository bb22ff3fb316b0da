"""Batches for `fit`: the order and the flips depend on (seed, epoch) only, on either backend.

Keras' own shuffling is not used: with a global seed, keras 3.15 on TensorFlow repeats one
permutation in every epoch. Pass `shuffle=False` to `fit`, since its default would reorder our
batches; then what a model sees in epoch k is the same in a run through and in one resumed at k.
"""

import itertools
import threading
import warnings

import keras
import numpy as np

from app.data.dataset import Dataset
from app.data.pixels import check_pixel_range, to_float
from app.errors import UserError


class Batches(keras.utils.PyDataset):
    """Batches of a data set in memory or of a stream, for `fit`, `evaluate` or a loop.

    *Formula*: in epoch e, `order = permutation` and `mirrored = uniform < 0.5` of numpy's PCG64
    seeded by (seed, e) and (seed, e, 1).

    The epoch moves on when keras ends an epoch whose last batch was asked for. Keras announces
    one extra epoch when `fit` builds a model on JAX, which a set of a single batch cannot tell
    from a real one; `FollowEpoch` in the callbacks sets the epoch exactly, also on resume.

    Args:
        images: a Dataset, or uint8 array (count, height, width, channels).
        labels: None, or array with one entry for each image. With a Dataset, None means its own
            labels and False means none.
        batch_size: images in a batch, at most the size of the set.
        pixel_range: (low, high) of the float images.
        seed: whole number >= 0.
        shuffle: whether to draw a new order each epoch. False for validation.
        flip: whether to mirror half of the images left to right, drawn anew each epoch.
        drop_remainder: whether to leave out the last, smaller batch; which images that drops
            changes with the epoch. False for validation.

    Attributes:
        epoch: the epoch whose batches are given, from 0; set it to resume.

    Raises:
        UserError: fewer images than `batch_size`, or `flip` where mirror images make no sense.

    Example:
        ```python
        batches = Batches(load("digits"), batch_size=64, seed=1)
        model.fit(batches, epochs=3, shuffle=False, callbacks=[FollowEpoch(batches)])
        ```
    """

    def __init__(
        self,
        images,
        labels=None,
        batch_size=128,
        pixel_range=(-1.0, 1.0),
        seed=0,
        shuffle=True,
        flip=False,
        drop_remainder=True,
    ):
        super().__init__(workers=1, use_multiprocessing=False)
        dataset = images
        if not isinstance(dataset, Dataset):
            dataset = Dataset("arrays", images, None if labels is False else labels, flips=True)
        elif labels is not None and labels is not False:
            raise UserError(
                "A Dataset brings its own labels. Received: a Dataset and other labels. Pass "
                "`dataset.images` with those labels."
            )
        if batch_size < 1 or (drop_remainder and len(dataset) < batch_size):
            raise UserError(
                f"A batch size from 1 to {len(dataset)}, the number of images in '{dataset.name}' "
                f"{dataset.split}, was expected. Received: {batch_size}. Lower the batch size."
            )
        if flip and not dataset.flips:
            raise UserError(
                f"Mirroring was asked for, but a mirror image of '{dataset.name}' is no image of "
                "it. Turn flips off (--data.flip False); of arrays, load them with flips=True."
            )
        self.dataset = dataset
        has_labels = dataset.images.labelled if dataset.streamed else dataset.labels is not None
        self.labelled = has_labels and labels is not False
        self.batch_size = batch_size
        self.pixel_range = check_pixel_range(pixel_range)
        self.seed = seed
        self.shuffle = shuffle
        self.flip = flip
        self.drop_remainder = drop_remainder
        self.epoch = 0
        self._stream = (None, None)
        self._lock = threading.Lock()

    def __len__(self):
        count = len(self.dataset)
        return count // self.batch_size if self.drop_remainder else -(-count // self.batch_size)

    @property
    def signature(self):
        """(shape, type) of the images of a batch, and of its labels if there are any."""
        count = self.batch_size if self.drop_remainder else None
        images = (count, *self.dataset.image_shape), "float32"
        if not self.labelled:
            return (images,)
        attributes = self.dataset.attributes
        return images, ((count, attributes), "float32") if attributes else ((count,), "int32")

    @property
    def epoch(self):
        """The epoch whose batches are given, from 0."""
        return self._epoch

    @epoch.setter
    def epoch(self, value):
        self._epoch = int(value)
        self._begun = self._last_seen = False
        self._first = None

    def order(self, epoch=None):
        """Indices of the images in the order of an epoch, int64 (count,); streams have their own.

        Args:
            epoch: whole number >= 0, or None for the current one.
        """
        epoch = self._epoch if epoch is None else epoch
        if self.dataset.streamed or not self.shuffle:
            return np.arange(len(self.dataset))
        return _generator(self.seed, epoch).permutation(len(self.dataset))

    def mirrored(self, epoch=None):
        """Which positions of an epoch are mirrored, bool (count,).

        Args:
            epoch: whole number >= 0, or None for the current one.
        """
        epoch = self._epoch if epoch is None else epoch
        if not self.flip:
            return np.zeros(len(self.dataset), bool)
        return _generator(self.seed, epoch, 1).random(len(self.dataset)) < 0.5

    def __getitem__(self, index):
        if not 0 <= index < len(self):
            raise IndexError(f"Batches 0 to {len(self) - 1} were expected. Received: {index}")
        if self._begun:
            self._note(index)
        epoch = self._epoch
        span = slice(index * self.batch_size, (index + 1) * self.batch_size)
        order, mirrored = self._plan(epoch)
        if self.dataset.streamed:
            images, labels = self._next_of_stream(epoch, index)
        else:
            labels = self.dataset.labels
            labels = None if labels is None else labels[order[span]]
            images = self.dataset.images[order[span]]
        mirrored = mirrored[span, None, None, None]
        images = to_float(np.where(mirrored, images[:, :, ::-1], images), self.pixel_range)
        if not self.labelled:
            return images
        return images, labels.astype("int32" if labels.ndim == 1 else "float32")

    def __iter__(self):
        """Iterates over the batches of the current epoch; `on_epoch_end` moves to the next."""
        self.on_epoch_begin()
        return super().__iter__()

    def on_epoch_begin(self):
        """Called by keras before an epoch."""
        self._begun, self._last_seen, self._first = True, False, None

    def on_epoch_end(self):
        """Called by keras after an epoch, and once before the first, which does not count."""
        self.epoch = self._epoch + (self._begun and self._last_seen)

    def _note(self, index):
        """Remembers that the last batch was asked for; warns of `fit(shuffle=True)`."""
        if self._first is None:
            self._first = index
            if index:
                warnings.warn(
                    "Batches are asked for out of order, so this run cannot be repeated exactly. "
                    "Pass shuffle=False and no steps_per_epoch to fit: Batches shuffles by itself.",
                    stacklevel=3,
                )
        self._last_seen = self._last_seen or index == len(self) - 1

    def _next_of_stream(self, epoch, index):
        """Batch `index` of a stream, reopened when another than the next one is asked for."""
        with self._lock:
            place, stream = self._stream
            if place != (epoch, index):
                stream = self.dataset.images.batches(
                    self.batch_size, self.seed, epoch, self.shuffle, self.drop_remainder
                )
                stream = itertools.islice(stream, index, None)
            batch = next(stream)
            self._stream = (epoch, index + 1), stream
            return batch

    def _plan(self, epoch):
        """Order and flips of an epoch, kept until another epoch is asked for."""
        plan = getattr(self, "_cached_plan", None)
        if plan is None or plan[0] != epoch:
            plan = (epoch, self.order(epoch), self.mirrored(epoch))
            self._cached_plan = plan
        return plan[1:]


class FollowEpoch(keras.callbacks.Callback):
    """Sets the epoch of batches to the one `fit` is in, exactly, also after a resume.

    Use it in `model.fit(batches, initial_epoch=k, shuffle=False, callbacks=[...])`.

    Args:
        batches: Batches.

    Example:
        ```python
        model.fit(batches, epochs=9, shuffle=False, callbacks=[FollowEpoch(batches)])
        ```
    """

    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch, logs=None):
        """Keras calls this before it asks for the first batch of an epoch."""
        self.batches.epoch = epoch


def _generator(*key):
    """Numpy's PCG64 keyed by whole numbers; numpy promises the same bits on any machine."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))
