"""A data set: images, labels, and what must be known about them later."""

import dataclasses
import hashlib

import numpy as np

from app.data.arrays import as_images, as_labels
from app.errors import UserError


@dataclasses.dataclass(frozen=True)
class Dataset:
    """Images with labels and provenance; checked when made, never changed afterwards.

    Use `app.data.load` to get one by name or path; make one yourself to train on arrays.

    Args:
        name: short name, recorded with every run.
        images: uint8 (count, height, width, channels); other arrays are converted by the rule of
            `app.data.arrays.as_images`; or a stream (`app.data.stream.Stream`).
        labels: None, whole numbers (count,), or attributes (count, attributes) in -1/+1.
        class_names: one name for each class, or None to name them "0", "1", ...
        attribute_names: one name for each attribute, when labels are attributes.
        version: version of the source.
        split: "train", "validation", "test" or "all".
        flips: whether a mirrored image is as plausible as the image. Never for digits.
        digest: the first 16 hexadecimal digits of the SHA-256 over the bytes of the images and
            of the labels (int64 or float32, little-endian); computed when empty.

    Raises:
        UserError: images or labels of the wrong shape, type, length or range.

    Example:
        ```python
        dataset = Dataset("mine", np.zeros((10, 8, 8), "uint8"), np.arange(10))
        ```
    """

    name: str
    images: object
    labels: object = None
    class_names: tuple = ()
    attribute_names: tuple = ()
    version: str = "1"
    split: str = "train"
    flips: bool = False
    digest: str = ""

    def __post_init__(self):
        class_names = tuple(str(name) for name in (self.class_names or ()))
        attribute_names = tuple(str(name) for name in (self.attribute_names or ()))
        images, labels = self.images, self.labels
        if not self.streamed:
            images = as_images(images, self.name)
            labels = as_labels(labels, len(images), len(class_names) or None, self.name)
            if labels is None or labels.ndim == 2:
                class_names = ()
            elif not class_names:
                class_names = tuple(str(index) for index in range(int(labels.max()) + 1))
            if labels is not None and labels.ndim == 2 and not attribute_names:
                attribute_names = tuple(f"attribute_{index}" for index in range(labels.shape[1]))
        for key, value in (
            ("images", images),
            ("labels", labels),
            ("class_names", class_names),
            ("attribute_names", attribute_names),
            ("digest", self.digest or digest_of(images, labels)),
        ):
            object.__setattr__(self, key, value)

    def __len__(self):
        return len(self.images)

    def __repr__(self):
        kind = "streamed" if self.streamed else f"digest {self.digest}"
        height, width, channels = self.image_shape
        return (
            f"Dataset({self.name} {self.split}: {len(self)} images {height}x{width}x{channels}, "
            f"{self.classes} classes, {kind})"
        )

    @property
    def streamed(self):
        """True when the images are read as they are needed and not held in memory."""
        return hasattr(self.images, "batches")

    @property
    def image_shape(self):
        """(height, width, channels)."""
        return tuple(int(size) for size in self.images.shape[1:])

    @property
    def classes(self):
        """Number of classes, 0 when there are no class labels."""
        return len(self.class_names)

    @property
    def attributes(self):
        """Number of attributes, 0 when labels are no attributes."""
        return len(self.attribute_names)

    def select(self, indices, split=None):
        """The data set of some of the images, in the order given.

        Args:
            indices: whole numbers (count,).
            split: name of the new split, or None to keep it.

        Raises:
            UserError: the data set is streamed.
        """
        if self.streamed:
            raise UserError(
                f"'{self.name}' is streamed and can only be cut into ranges. Use `first(count)`."
            )
        labels = None if self.labels is None else self.labels[indices]
        return dataclasses.replace(
            self, images=self.images[indices], labels=labels, split=split or self.split, digest=""
        )

    def with_attributes(self, names):
        """The data set with some of its attributes, in the order given.

        Args:
            names: names of attributes; none of them means all, in their own order.

        Raises:
            UserError: it has no attribute of a name, or a name comes twice.
        """
        names = tuple(names)
        if not names or names == self.attribute_names:
            return self
        unknown = [name for name in names if name not in self.attribute_names]
        if unknown or len(set(names)) < len(names):
            known = ", ".join(self.attribute_names) or "none"
            raise UserError(
                f"Attributes of '{self.name}' must be among: {known}; each once. Received: "
                f"{', '.join(unknown or names)}."
            )
        if self.streamed:
            changes = {"images": self.images.with_attributes(names)}
        else:
            columns = [self.attribute_names.index(name) for name in names]
            changes = {"labels": self.labels[:, columns]}
        return dataclasses.replace(self, attribute_names=names, digest="", **changes)

    def first(self, count):
        """The data set of the first `count` images, in memory also when this one is streamed.

        Args:
            count: number of images, 1 to len(dataset).

        Raises:
            UserError: `count` is out of range.
        """
        if not 1 <= count <= len(self):
            raise UserError(
                f"A number of images from 1 to {len(self)} was expected of '{self.name}' "
                f"{self.split}. Received: {count}. Ask for fewer, or take a larger data set."
            )
        if not self.streamed:
            return self.select(np.arange(count))
        images, labels = self.images.first(count)
        return dataclasses.replace(self, images=images, labels=labels, digest="")


def digest_of(images, labels=None):
    """The first 16 hexadecimal digits of the SHA-256 of images and labels, or of a stream's facts.

    Args:
        images: uint8 (count, height, width, channels), or a stream with `facts()`.
        labels: None or array of labels.

    Example:
        ```python
        digest_of(np.zeros((1, 2, 2, 1), "uint8"))
        ```
    """
    if hasattr(images, "facts"):
        return hashlib.sha256(images.facts().encode()).hexdigest()[:16]
    digest = hashlib.sha256(np.ascontiguousarray(images))
    if labels is not None:
        kind = "<i8" if labels.dtype.kind in "ui" else "<f4"
        digest.update(np.ascontiguousarray(labels, dtype=kind))
    return digest.hexdigest()[:16]
