"""Wrong labels from a file: what people said, or what an earlier run was trained on."""

from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from app.data.noisy_labels import checked, realised, warn_of_hopeless
from app.errors import UserError

CLEAR = 0.1  # kappa from which a file is believed, however few the images
ORDERS = 999  # random orders that a file must surpass: one wrong file in 500 passes


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
        UserError: no such file, no numbers in it, another length, labels out of range, or labels
            that say nothing about the classes.

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
    path = Path(path).expanduser()
    labels, _ = checked(labels, classes, 0.0, 0)
    noisy, _ = checked(_read(path), classes, 0.0, 0)
    if len(noisy) != len(labels):
        raise UserError(
            f"{len(labels)} labels were expected, one for each image. Received: {len(noisy)} in "
            f"{path}. Is it the file of another data set or split?"
        )
    found = realised(labels, noisy, classes, f"file {path.name}")
    if says_nothing(labels, noisy, classes):
        raise UserError(
            f"Labels that follow the classes of the images were expected. Received: {path}, where "
            f"{found.rate:.1%} differ from the clean ones, as they would in a random order: it is "
            "the file of another data set, or in another order. Bring it into the order of "
            f"load(name, split='train'), whose first labels are {labels[:8].tolist()}; in TFDS's "
            "CIFAR-10 the feature `id` says where an image was in the original."
        )
    advice = "Is the order of the file that of the data set, and are its classes numbered alike?"
    warn_of_hopeless(found.rate, classes, advice)
    return found


def says_nothing(labels, noisy, classes):
    """Whether noisy labels follow the clean ones no better than the same labels in random orders.

    So it is with the labels of another data set, or in another order. Two things speak for a file:
    labels that agree, and a table of clean against noisy labels that is not the product of its
    margins (flips along pairs, whatever their rate). One of them must be greater than in each of
    `ORDERS` random orders, which is exact for classes of any size; or kappa must be `CLEAR` or
    more: of ten equal classes, up to 81 % wrong.

    Formula: kappa = (agreement - chance) / (1 - chance); chance = sum_i P(clean = i) P(noisy = i);
    and chi^2 + n = sum_ij n_ij^2 / e_ij, with e_ij the product of the margins.

    Args:
        labels: int64 (count,), clean; where they are all of one class nothing can be told.
        noisy: int64 (count,).
        classes: number of classes.

    Example:
        ```python
        says_nothing(np.arange(100) % 2, np.arange(100) // 50, 2)  # True
        ```

    References:
        Cohen 1960, "A coefficient of agreement for nominal scales"; Phipson, Smyth 2010,
        arXiv:1603.05766 (p-values of random orders: at least 1 / (ORDERS + 1)).
    """
    clean, given = (np.bincount(part, minlength=classes) / len(labels) for part in (labels, noisy))
    if np.count_nonzero(clean) < 2:
        return False
    chance = float(clean @ given)
    if np.mean(labels == noisy) - chance >= CLEAR * (1.0 - chance):
        return False
    random = np.random.Generator(np.random.PCG64(0))
    found = _evidence(labels, noisy, classes)
    greater = np.ones(len(found), bool)
    for _ in range(ORDERS):
        greater &= found > _evidence(labels, random.permutation(noisy), classes)
        if not greater.any():
            return True
    return False


def _evidence(labels, noisy, classes):
    """What speaks for noisy labels, float64 (2,): how many agree, and chi^2 + n."""
    counts = np.bincount(labels * classes + noisy, minlength=classes**2).reshape(classes, classes)
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / len(labels)
    there = expected > 0
    return np.array([np.trace(counts), np.sum(counts[there] ** 2 / expected[there])])


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
