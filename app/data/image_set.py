"""Sets of images to be measured: a folder, an archive or a data set, read no sooner than needed."""

import contextlib
import dataclasses
import os
from pathlib import Path

import numpy as np

from app.data import files
from app.data.dataset import Dataset
from app.data.folder import find_images
from app.data.image_files import ImageFiles
from app.data.sources import SOURCES, load
from app.data.split import HELD_OUT_FRACTION, check_parts, indices
from app.data.subsets import shuffled
from app.errors import UserError


@dataclasses.dataclass(frozen=True, eq=False)
class ImageSet:
    """Images that can be sliced, with what is known of them.

    Args:
        name: name of the data set, folder or file.
        split: "train", "validation", "test" or "all".
        images: uint8 array (count, height, width, channels), or what is sliced like one
            (`ImageFiles`, a `Stream`).
        labels: int64 (count,), or None.
        class_names: one name a class; () without labels.
        attributes: float32 (count, attributes) in -1/+1, or None; of a stream, in the stream.
        attribute_names: one name an attribute; () without attributes.
        digest: of the images (and labels, for data sets).
        skipped: paths of damaged files that were left out.

    Example:
        ```python
        generated = open_images("samples/")
        ```
    """

    name: str
    split: str
    images: object
    labels: object = None
    class_names: tuple = ()
    attributes: object = None
    attribute_names: tuple = ()
    digest: str = ""
    skipped: tuple = ()

    @classmethod
    def of(cls, dataset: Dataset, most=None):
        """The images of a data set, the first `most` of them."""
        images, labels = dataset.images, dataset.labels
        if most is not None and len(images) > most:
            if not dataset.streamed:
                return cls.of(dataset.first(most))
            images = images.range(0, most)
        vectors = labels if np.ndim(labels) == 2 else None
        labels = labels if np.ndim(labels) == 1 and dataset.class_names else None
        return cls(
            dataset.name,
            dataset.split,
            images,
            labels,
            dataset.class_names if labels is not None else (),
            vectors,
            dataset.attribute_names,
            dataset.digest,
        )

    def __len__(self):
        return len(self.images)

    @property
    def shape(self):
        """(height, width, channels)."""
        return tuple(int(size) for size in self.images.shape[1:])

    @property
    def words(self):
        """What stands in a score: name, split, number and digest."""
        return f"{self.name} {self.split}, {len(self)} images, digest {self.digest}"

    def sample(self, count):
        """The set of `count` images at random, always the same ones.

        Raises:
            UserError: there are fewer.
        """
        if count > len(self):
            raise UserError(
                f"{count} images were asked for (`--samples`), but '{self.name}' has {len(self)}. "
                "Ask for fewer, or leave the option out to take all."
            )
        if count == len(self):
            return self
        rows = np.sort(shuffled(np.arange(len(self)))[:count])
        return self.select(rows, self.split)

    def select(self, rows, split):
        """The set of some of the images."""
        labels = None if self.labels is None else self.labels[rows]
        if isinstance(self.images, ImageFiles):
            images = self.images.select(rows)
            return dataclasses.replace(
                self, split=split, images=images, labels=labels, digest=images.digest
            )
        chosen = Dataset(
            self.name,
            self.images[rows],
            labels if self.attributes is None else self.attributes[rows],
            self.class_names,
            self.attribute_names,
            split=split,
        )
        return ImageSet.of(chosen)


def open_images(path, skip_damaged=None, bar=None):
    """Opens the images of a folder or an archive, all of them.

    Args:
        path: a folder of images, or of class folders of them; or an .npz file, read whole, with
            uint8 or float images under `images`, `x` or `arr_0`; or the folder of such files that
            the verb `sample` leaves.
        skip_damaged: bool or None; leave out files of a folder that cannot be read.
        bar: function (description, total) of a progress bar, or None.

    Raises:
        UserError: nothing there, a damaged file, sizes that differ, or values out of range.
    """
    path = Path(os.path.expanduser(path))
    if not path.is_dir() or files.parts(path):
        return ImageSet.of(load(path, split="all"))
    found = find_images(path)
    return _checked(found, "all", skip_damaged, bar)


def open_data(name, directory=None, split="train", skip_damaged=None, bar=None):
    """Opens a data set that others are measured against, and the part of it held out.

    Args:
        name: name of a data set, folder or .npz file, as for `load`, or the folder of what the
            verb `sample` left.
        directory: folder of existing copies, as for `load`.
        split: "train", "test" or "all": which part is the reference.
        skip_damaged: as for `open_images`, for folders.
        bar: as for `open_images`.

    Returns:
        (reference, held_out), two `ImageSet`s; held_out is the other part, or None for "all".

    Raises:
        UserError: as `load` and `open_images`.
    """
    other = {"train": "test", "test": "train"}.get(split)
    path = Path(os.path.expanduser(name))
    if str(name) in SOURCES or not path.is_dir() or files.parts(path):
        reference = ImageSet.of(load(name, directory, split))
        return reference, ImageSet.of(load(name, directory, other)) if other else None
    found = find_images(path, split)
    whole = _checked(found, split if found.official else "all", skip_damaged, bar)
    if not other:
        return whole, None
    if found.official:
        return whole, _checked(find_images(path, other), other, skip_damaged, bar)
    kept, held_out = indices(len(whole), whole.labels)
    check_parts(whole.name, len(kept), len(held_out), HELD_OUT_FRACTION)
    parts = {"train": whole.select(kept, "train"), "test": whole.select(held_out, "test")}
    return parts[split], parts[other]


def class_numbers(names, wanted):
    """Returns the number of each class among the classes of another set, or None.

    Classes are found by their names; classes without names of their own (0, 1, 2, ... of an
    archive) are those of the other set in its order.

    Args:
        names: names of the classes.
        wanted: names of the classes of the other set.

    Example:
        >>> class_numbers(("3", "1"), ("0", "1", "2", "3")).tolist()
        [3, 1]
    """
    names, wanted = list(names), list(wanted)
    if not names:
        return None
    if set(names) <= set(wanted):
        return np.array([wanted.index(name) for name in names])
    unnamed = names == [str(number) for number in range(len(names))]
    return np.arange(len(names)) if unnamed and len(names) <= len(wanted) else None


def _checked(found, split, skip_damaged, bar):
    """The image set of the files of a folder."""
    title = f"reading {found.root}"
    with bar(title, len(found.files)) if bar else contextlib.nullcontext() as progress:
        images, kept = ImageFiles.checked(found.files, skip_damaged, progress)
    labels = None if found.labels is None else found.labels[kept]
    skipped = tuple(np.delete(np.array([str(file) for file in found.files], object), kept))
    name, digest = found.root.resolve().name, images.digest
    return ImageSet(name, split, images, labels, found.class_names, digest=digest, skipped=skipped)
