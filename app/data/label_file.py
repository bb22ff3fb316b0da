"""Wrong labels from a file: what people said, or what an earlier run was trained on."""

from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from app.data.label_noise import checked, realised
from app.errors import UserError


def from_file(path, labels, classes):
    """Labels that people or an earlier run gave, from `.npy` or a text file of one number a line.

    They must stand in the order of the data set, that of `app.data.load(name, split="train")`; a
    run leaves its own in that order (`labels.npy`).

    Args:
        path: file of whole numbers (count,).
        labels: whole numbers (count,), the clean labels, to measure the rate with.
        classes: number of classes.

    Returns:
        NoisyLabels.

    Raises:
        UserError: no such file, no numbers in it, another length, or labels out of range.

    Example:
        CIFAR-10N is in the order of the original CIFAR-10. TFDS has another, and says in `id` where
        an image was:
        ```python
        rows = tfds.as_numpy(tfds.load("cifar10", split="train"))  # id: b"train_16399", ...
        places = [int(row["id"][-5:]) for row in rows]
        people = torch.load("CIFAR-10_human.pt", weights_only=False)
        np.save("labels.npy", people["worse_label"][places])
        noisy = from_file("labels.npy", load("cifar10").labels, 10)
        ```

    References:
        Wei et al. 2021, arXiv:2110.12088 (CIFAR-10N).
    """
    path = Path(path)
    labels, _ = checked(labels, classes, 0.0, 0)
    noisy, _ = checked(_read(path), classes, 0.0, 0)
    if len(noisy) != len(labels):
        raise UserError(
            f"{len(labels)} labels were expected, one for each image. Received: {len(noisy)} in "
            f"{path}. Is it the file of another data set or split?"
        )
    return realised(labels, noisy, classes, f"file {path.name}")


def _read(path):
    """The array in a file, or a sentence."""
    if not path.is_file():
        raise UserError(f"A file of labels was expected. Received: {path}, which is none.")
    if not path.read_bytes().strip():
        raise UserError(
            f"A file of labels was expected. Received: {path}, which is empty. Write it again, one "
            "whole number for each image."
        )
    try:
        return np.load(path) if path.suffix == ".npy" else np.loadtxt(path, ndmin=1)
    except (ValueError, EOFError, BadZipFile) as error:
        raise UserError(
            f"{path} must hold whole numbers, as .npy or as text with one a line. "
            f"NumPy says: {error}"
        ) from error
