"""Data sets in .npz files, and USPS and Fashion-MNIST, which may lie in one."""

import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

from app.data import tfds_source
from app.data.arrays import no_and_yes
from app.data.dataset import Dataset
from app.data.split import part_of
from app.errors import UserError

IMAGE_KEYS = ("images", "x", "data", "arr_0")
LABEL_KEYS = ("labels", "y", "targets", "attributes", "arr_1")
FASHION_CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
USPS_ON_OPENML = 41082  # 9,298 images in -1..1, labels 1..10; the first 7,291 are for training
USPS_TRAINING = 7291


def read_npz(path, split="train", name=None, class_names=(), flips=False):
    """Reads images and labels from a numpy archive.

    Keys: `x_train`, `y_train`, `x_test`, `y_test`; or `images` (also `x`, `data`, `arr_0`) and
    `labels` (also `y`, `targets`, `attributes`, `arr_1`), of which a fixed fifth is held out
    for "test". Labels may be missing. Optional: `class_names`, `attribute_names`.

    Args:
        path: path of the file.
        split: "train", "test" or "all".
        name: name of the data set, or None for that of the file.
        class_names: names of the classes, when the file has none.
        flips: whether mirror images make sense.

    Returns:
        a Dataset.

    Raises:
        UserError: no such file, no archive, or no images in it.

    Example:
        ```python
        dataset = read_npz("shared/data/usps.npz", split="test")
        ```
    """
    path = Path(os.path.expanduser(path))
    name = name or path.stem
    try:
        with zipfile.ZipFile(path), np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in _wanted(archive.files, split)}
            keys = archive.files
    except FileNotFoundError as error:
        raise UserError(f"A file of images was expected at {path}. There is none.") from error
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UserError(
            f"{path} must be a numpy archive of plain arrays, as numpy.savez writes it. It could "
            f"not be read: {error}. Write it again."
        ) from error
    names = {
        key: tuple(str(value) for value in arrays.pop(key))
        for key in ("class_names", "attribute_names")
        if key in arrays
    }
    options = {"class_names": class_names, "flips": flips, "version": path.name, **names}
    if "x_train" in arrays or "x_test" in arrays:
        images, labels = _official(arrays, split, path)
        return Dataset(name, images, no_and_yes(labels, name), split=split, **options)
    images = next((arrays[key] for key in IMAGE_KEYS if key in arrays), None)
    labels = next((arrays[key] for key in LABEL_KEYS if key in arrays), None)
    if images is None:
        raise UserError(
            f"{path} must hold `images` (and `labels`), or `x_train`, `y_train`, `x_test`, "
            f"`y_test`. It holds: {', '.join(keys) or 'nothing'}. Rename its arrays."
        )
    whole = Dataset(name, images, no_and_yes(labels, name), split="all", **options)
    return part_of(whole, split)


def parts(folder):
    """The archives images-000000.npz and on that the verb `sample` left in a folder, sorted."""
    return sorted(Path(os.path.expanduser(folder)).glob("images-*.npz"))


def read_parts(folder, split="train", flips=False):
    """Reads what the verb `sample` left in a folder, its `parts`, as one data set.

    Args:
        folder: path of the folder.
        split: "train", "test" or "all", as of an archive.
        flips: whether mirror images make sense.

    Returns:
        a Dataset.

    Raises:
        UserError: one of them is no archive, or holds images of another size than the first.

    Example:
        ```python
        dataset = read_parts("runs/RUN/samples/samples-0123456789")
        ```
    """
    folder = Path(os.path.expanduser(folder))
    found = {path: read_npz(path, "all") for path in parts(folder)}
    first = next(iter(found.values()))
    for path, part in found.items():
        if part.image_shape != first.image_shape or (part.labels is None) != (first.labels is None):
            raise UserError(
                f"The archives images-*.npz in {folder} must belong together: images of one size, "
                f"all with labels or none. {path.name} is unlike the first. Take it out of there."
            )
    labels = [part.labels for part in found.values()]
    whole = Dataset(
        folder.resolve().name,
        np.concatenate([part.images for part in found.values()]),
        None if first.labels is None else np.concatenate(labels),
        attribute_names=first.attribute_names,
        flips=flips,
        split="all",
    )
    return part_of(whole, split)


def _wanted(keys, split):
    """The arrays to unpack: never the other split's, since archives may be large."""
    other = {"train": "_test", "test": "_train"}.get(split)
    if other and f"x_{split}" not in keys and f"x{other}" in keys:
        return keys
    return [key for key in keys if not (other and key.endswith(other))]


def _official(arrays, split, path):
    """Images and labels of the split the archive brings itself."""
    parts = ("train", "test") if split == "all" else (split,)
    missing = [f"x_{part}" for part in parts if f"x_{part}" not in arrays]
    if missing:
        raise UserError(
            f"{path} was expected to hold {' and '.join(missing)} for the split '{split}'. It "
            f"holds: {', '.join(sorted(arrays))}. Ask for another split or add the array."
        )
    images = [arrays[f"x_{part}"] for part in parts]
    labels = [arrays.get(f"y_{part}") for part in parts]
    unlabelled = any(part is None for part in labels)
    return np.concatenate(images), None if unlabelled else np.concatenate(labels)


def find_file(name, directory=None):
    """The file `<name>.npz` in a directory (or the directory itself, if it is that file), or None.

    Args:
        name: name of the data set.
        directory: file or folder given by the user, or None as in `tfds_source.folders`.
    """
    candidates = [folder.parent / f"{name}.npz" for folder in tfds_source.folders(name, directory)]
    if directory and str(directory).endswith(".npz"):
        candidates = [Path(os.path.expanduser(directory))]
    return next((path for path in candidates if path.is_file()), None)


def fashion_mnist(directory=None, split="train", download=False):
    """Fashion-MNIST from `fashion_mnist.npz`, else from TensorFlow Datasets.

    Source: H. Xiao, K. Rasul, R. Vollgraf, 2017, arXiv:1708.07747.

    Args:
        directory: file or folder.
        split: "train", "test" or "all".
        download: whether TensorFlow Datasets may download it.
    """
    path = find_file("fashion_mnist", directory)
    if path:
        return read_npz(path, split, "fashion_mnist", FASHION_CLASSES)
    return tfds_source.read("fashion_mnist", directory, split, download)


def usps(directory=None, split="train", download=False):
    """USPS digits, 16x16, from `usps.npz` (x_train, y_train, x_test, y_test), else from OpenML.

    OpenML's values -1..1 become `floor(127.5 * (value + 1) + 0.5)`.
    Source: J. J. Hull, "A database for handwritten text recognition research", IEEE TPAMI, 1994.

    Args:
        directory: file or folder.
        split: "train", "test" or "all".
        download: whether scikit-learn may fetch it from OpenML.
    """
    digits = tuple("0123456789")
    path = find_file("usps", directory)
    if path:
        return read_npz(path, split, "usps", digits)
    if not download:
        raise UserError(
            f"'usps' was looked for as usps.npz in {directory or 'the data folders'} and not "
            "found. Give the file by `directory` (--data.directory, of evaluate --data-directory), "
            "allow `download` to fetch it from OpenML, or use the embedded data set `digits`."
        )
    from sklearn.datasets import fetch_openml

    try:
        bunch = fetch_openml(data_id=USPS_ON_OPENML, as_frame=False, parser="liac-arff")
    except Exception as error:  # network, disk, OpenML itself
        raise UserError(
            f"Fetching 'usps' from OpenML failed: {error}. Check the network, give a file usps.npz "
            "by `directory`, or use the embedded data set `digits`."
        ) from error
    images = np.floor((bunch.data.reshape(-1, 16, 16) + 1) * 127.5 + 0.5)
    labels = bunch.target.astype(float).astype(int) - 1
    spans = {"train": slice(USPS_TRAINING), "test": slice(USPS_TRAINING, None)}
    span = spans.get(split, slice(None))
    version = f"OpenML {USPS_ON_OPENML}"
    return Dataset(
        "usps", images[span], labels[span], class_names=digits, version=version, split=split
    )
