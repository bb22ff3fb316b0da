"""CelebA from TensorFlow Datasets, read as it is needed: too large for memory as arrays."""

import numpy as np

from app.data.dataset import Dataset
from app.data.tfds_source import in_order, libraries, open_builder, unreadable

CROP = 140  # of 218x178 pixels; as in J. Song et al., DDIM, 2020, arXiv:2010.02502


def stream(name, directory=None, split="train", download=False, size=64, flips=True):
    """A data set too large for memory, read as it is needed: CelebA with its 40 attributes.

    Args:
        name: name of the data set at TensorFlow Datasets.
        directory: as in `folders`.
        split: "train", "validation", "test" or "all" (the three in this order).
        download: whether it may be downloaded and prepared when there is no copy.
        size: pixels; height and width after the centre 140x140 was cut out and resized
            (bilinear, antialiased, rounded half up).
        flips: whether mirror images make sense.

    Returns:
        a streamed Dataset, whose digest covers name, version, split sizes, checksums and the
        treatment of images, not the pixels themselves.

    Raises:
        UserError: as `read`.

    Example:
        ```python
        dataset = stream("celeb_a", "~/tensorflow_datasets")
        ```
    """
    builder = open_builder(name, directory, download)
    images = Stream(builder, "train+validation+test" if split == "all" else split, size)
    return Dataset(
        name,
        images,
        attribute_names=images.attribute_names,
        version=str(builder.version),
        split=split,
        flips=flips,
    )


class Stream:
    """Images and attributes of a prepared data set in bounded memory, in an order set by a seed.

    Shuffling: an epoch starts at a random image, goes round once, and mixes the encoded images
    within windows of 8,192. Order depends on (seed, epoch) only.

    Args:
        builder: a TensorFlow Datasets builder whose data are prepared.
        split: name of a split, or several joined by "+".
        size: pixels; height and width of the images.
        start: first image of the range.
        stop: end of the range (not in it), or None for the end of the split.
        window: images mixed with each other.
        attribute_names: names of the attributes given, or None for all, by the alphabet.
    """

    dtype = np.dtype("uint8")
    labelled = True

    def __init__(self, builder, split, size, start=0, stop=None, window=8192, attribute_names=None):
        self.builder, self.split, self.size, self.window = builder, split, size, window
        self.start = start
        self.stop = sum(self._counts().values()) if stop is None else stop
        self.all_attributes = tuple(sorted(builder.info.features["attributes"]))
        self.attribute_names = attribute_names or self.all_attributes

    def __len__(self):
        return self.stop - self.start

    @property
    def shape(self):
        """(count, height, width, channels)."""
        return (len(self), self.size, self.size, 3)

    def range(self, start, stop):
        """The stream of images `start` to `stop` of this one."""
        span = self.start + start, self.start + stop
        return Stream(self.builder, self.split, self.size, *span, self.window, self.attribute_names)

    def with_attributes(self, names):
        """The stream with some of the attributes."""
        span = self.start, self.stop
        return Stream(self.builder, self.split, self.size, *span, self.window, tuple(names))

    def facts(self):
        """What identifies these images without reading them, for the digest."""
        info = self.builder.info
        files = {
            name: [info.splits[name].num_examples, info.splits[name].num_bytes]
            for name in self._counts()
        }
        return (
            f"{info.name} {info.version} {files} {self.start}:{self.stop} "
            f"crop {CROP} size {self.size} bilinear antialiased"
        ) + (f" {self.attribute_names}" if self.attribute_names != self.all_attributes else "")

    def first(self, count):
        """The first `count` images and attributes as arrays."""
        batch = next(self.range(0, count).batches(count, shuffle=False))
        return batch

    def __getitem__(self, key):
        """The images of a slice or of an array of rows, uint8, read in one turn."""
        rows = np.arange(len(self))[key]
        low, high = int(rows.min()), int(rows.max()) + 1
        images = np.empty((len(rows), *self.shape[1:]), np.uint8)
        part = self.range(low, high).batches(256, shuffle=False, drop_remainder=False)
        for batch, _ in part:
            here = (low <= rows) & (rows < low + len(batch))
            images[here] = batch[rows[here] - low]
            low += len(batch)
        return images

    def batches(self, batch_size, seed=0, epoch=0, shuffle=True, drop_remainder=True):
        """Yields (uint8 images, float32 attributes) of one epoch.

        Args:
            batch_size: images in a batch.
            seed: whole number >= 0.
            epoch: whole number >= 0.
            shuffle: whether to mix the images.
            drop_remainder: whether to leave out the last, smaller batch.
        """
        tf, tfds = libraries()
        generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, epoch))))
        turn = int(generator.integers(self.start, self.stop)) if shuffle else self.start
        data = self.builder.as_dataset(
            split="+".join(self._ranges(turn, self.stop) + self._ranges(self.start, turn)),
            shuffle_files=False,
            decoders={"image": tfds.decode.SkipDecoding()},
            read_config=in_order(tfds),
        )
        data = data.map(self._pair)
        if shuffle:
            key = int(generator.integers(2**31))
            data = data.batch(self.window).enumerate()
            data = data.map(lambda index, batch: _mixed(tf, key, index, batch)).unbatch()
        data = data.map(self._prepare, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        data = data.batch(batch_size, drop_remainder=drop_remainder).prefetch(2)
        try:
            yield from data.as_numpy_iterator()
        except tf.errors.OpError as error:
            raise unreadable(self.builder.name, self.builder.data_dir, error) from error

    def _counts(self):
        """Images in each split of this stream."""
        return {name: self.builder.info.splits[name].num_examples for name in self.split.split("+")}

    def _ranges(self, start, stop):
        """The range start..stop of the joined splits in the notation of TensorFlow Datasets."""
        ranges, offset = [], 0
        for name, count in self._counts().items():
            low, high = max(start - offset, 0), min(stop - offset, count)
            if low < high:
                ranges.append(f"{name}[{low}:{high}]")
            offset += count
        return ranges

    def _pair(self, example):
        """The encoded image and the attributes in -1/+1."""
        tf, _ = libraries()
        attributes = [example["attributes"][name] for name in self.attribute_names]
        return example["image"], tf.where(tf.stack(attributes), 1.0, -1.0)

    def _prepare(self, encoded, attributes):
        """Decodes, cuts out the centre, resizes, rounds half up."""
        tf, _ = libraries()
        image = tf.io.decode_image(encoded, channels=3, expand_animations=False)
        image = tf.image.resize_with_crop_or_pad(image, CROP, CROP)
        image = tf.image.resize(image, (self.size, self.size), antialias=True)
        pixels = tf.clip_by_value(tf.floor(image + 0.5), 0.0, 255.0)
        return tf.cast(tf.ensure_shape(pixels, (self.size, self.size, 3)), tf.uint8), attributes


def _mixed(tf, key, index, batch):
    """One window in an order that depends on (key, index) and no global seed."""
    seed = tf.stack([tf.constant(key, tf.int64), index])
    count = tf.shape(batch[0])[0]
    keys = tf.random.stateless_uniform([count], seed, None, None, tf.int32, alg="philox")
    order = tf.argsort(keys, stable=True)
    return tuple(tf.gather(part, order) for part in batch)
