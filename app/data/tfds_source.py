"""TensorFlow Datasets: finding a prepared copy, preparing one, and reading it into memory.

Nothing is downloaded unless asked for. The order is that of the prepared files, so that a copy
has one digest. TensorFlow is imported only when images are read.
"""

import os
from pathlib import Path

import numpy as np

from app.data.dataset import Dataset
from app.errors import UserError


def folders(name, directory=None):
    """Folders in which a prepared copy is looked for, in that order.

    Args:
        name: name of the data set at TensorFlow Datasets.
        directory: folder given by the user, or None for the environment variables
            NOISEWISE_DATA and TFDS_DATA_DIR and then ~/tensorflow_datasets.
    """
    given = [directory] if directory else [os.getenv("NOISEWISE_DATA"), os.getenv("TFDS_DATA_DIR")]
    roots = [Path(os.path.expanduser(root)) for root in given if root]
    roots = roots or [Path("~/tensorflow_datasets").expanduser()]
    return [folder for root in roots for folder in (root / name, root / "tfds" / name)] + [
        root for root in roots if root.name == name or root.parent.name == name
    ]


def find(name, directory=None):
    """The folder of the newest prepared version, or None. Imports no TensorFlow.

    Args:
        name: name of the data set at TensorFlow Datasets.
        directory: as in `folders`.
    """
    for folder in folders(name, directory):
        files = [folder / "dataset_info.json", *folder.glob("*/dataset_info.json")]
        found = [file.parent for file in files if file.exists()]
        if found:
            return max(found, key=_version)
    return None


def read(name, directory=None, split="train", download=False, flips=False):
    """Reads a prepared data set into memory.

    Args:
        name: name of the data set at TensorFlow Datasets.
        directory: as in `folders`.
        split: "train", "test" or "all" (train, then test).
        download: whether it may be downloaded and prepared when there is no copy.
        flips: whether mirror images make sense.

    Returns:
        a Dataset.

    Raises:
        UserError: no copy and no download, or a copy that cannot be read.

    Example:
        ```python
        dataset = read("cifar10", "shared/data/tfds", "test")
        ```
    """
    builder = open_builder(name, directory, download)
    _, tfds = libraries()
    parts = "train+test" if split == "all" else split
    try:
        data = builder.as_dataset(
            split=parts, shuffle_files=False, batch_size=1000, read_config=in_order(tfds)
        )
        batches = [(batch["image"], batch["label"]) for batch in tfds.as_numpy(data)]
    except Exception as error:  # whatever TensorFlow says about a damaged copy
        raise unreadable(name, builder.data_dir, error) from error
    images, labels = (np.concatenate(part) for part in zip(*batches, strict=True))
    return Dataset(
        name,
        images,
        labels,
        class_names=tuple(builder.info.features["label"].names),
        version=str(builder.version),
        split=split,
        flips=flips,
    )


def libraries():
    """TensorFlow and TensorFlow Datasets; with JAX as the backend TensorFlow leaves GPUs alone."""
    try:
        import keras
        import tensorflow as tf
        import tensorflow_datasets as tfds
    except ImportError as error:
        raise UserError(
            "Reading TensorFlow Datasets needs the packages tensorflow and tensorflow-datasets. "
            f"Received: {error}. Install them or use the embedded `digits` or `mnist-5k`."
        ) from error
    if keras.backend.backend() != "tensorflow":
        try:
            tf.config.set_visible_devices([], "GPU")
        except RuntimeError:  # TensorFlow is already running, with whatever devices it has
            return tf, tfds
    return tf, tfds


def open_builder(name, directory, download):
    """The builder of a prepared copy; prepares one when that is allowed."""
    folder = find(name, directory)
    if folder is None and not download:
        places = ", ".join(str(folder) for folder in folders(name, directory))
        raise UserError(
            f"A prepared copy of '{name}' was looked for in {places} and not found. Give its "
            "folder by `directory` (--data.directory, of evaluate --data-directory), allow "
            "`download`, or use the embedded data set `mnist-5k`."
        )
    _, tfds = libraries()
    try:
        if folder is not None:
            return tfds.builder_from_directory(str(folder))
        builder = tfds.builder(name, data_dir=directory)
        builder.download_and_prepare()
        return builder
    except Exception as error:  # network, disk, a moved file: all the user's to mend
        if folder is not None:
            raise unreadable(name, folder, error) from error
        raise UserError(
            f"Downloading '{name}' failed: {_line(error)}. Check the network, give the folder of a "
            "copy by `directory`, or use the embedded data set `mnist-5k`."
        ) from error


def unreadable(name, folder, error):
    """The sentence for a copy that is there and damaged."""
    return UserError(
        f"The copy of '{name}' in {folder} could not be read: {_line(error)}. Prepare it again, or "
        "use the embedded data set `mnist-5k`."
    )


def in_order(tfds):
    """Reads one file after the other, without a cache."""
    return tfds.ReadConfig(
        interleave_cycle_length=1, try_autocache=False, add_tfds_id=False, shuffle_seed=0
    )


def _version(folder):
    """A key that sorts 3.10.0 after 3.9.1."""
    return [int(part) if part.isdigit() else -1 for part in folder.name.split(".")]


def _line(error):
    """The first line of an error, without its last full stop."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200].rstrip(".")
