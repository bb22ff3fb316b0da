"""Cutting a data set in two, always the same way for the same seed."""

import dataclasses

import numpy as np

from app.errors import UserError

# Data sets without an official test split are cut with these, once and for all.
HELD_OUT_FRACTION = 0.2
HELD_OUT_SEED = 20


def split(dataset, fraction=0.1, seed=0):
    """Cuts a data set into a training and a validation part.

    The same (fraction, seed) always gives the same images. With class labels each class keeps
    its share, and both parts keep the order of the data set. A streamed set is cut by position:
    its last images are the validation part, whatever the seed.

    *Formula*: of a class with n images, `floor(fraction * n + 0.5)` are for validation.

    Args:
        dataset: a Dataset.
        fraction: float in (0, 1); share of the validation part.
        seed: whole number >= 0 for numpy's PCG64.

    Returns:
        (train, validation), two Datasets.

    Raises:
        UserError: `fraction` out of range, or one part would be empty.

    Example:
        ```python
        train, validation = split(load("digits"), fraction=0.1, seed=0)
        ```
    """
    if not 0.0 < fraction < 1.0:
        raise UserError(f"`fraction` must lie between 0 and 1, both out. Received: {fraction}.")
    if dataset.streamed:
        cut = len(dataset) - int(np.floor(fraction * len(dataset) + 0.5))
        check_parts(dataset.name, cut, len(dataset) - cut, fraction)
        parts = dataset.images.range(0, cut), dataset.images.range(cut, len(dataset))
        names = dataset.split, "validation"
        return tuple(
            dataclasses.replace(dataset, images=images, split=name, digest="")
            for images, name in zip(parts, names, strict=True)
        )
    kept, held_out = indices(len(dataset), dataset.labels, fraction, seed)
    check_parts(dataset.name, len(kept), len(held_out), fraction)
    return dataset.select(kept), dataset.select(held_out, split="validation")


def indices(count, labels=None, fraction=HELD_OUT_FRACTION, seed=HELD_OUT_SEED):
    """Indices of the two parts, each rising; by class when `labels` has shape (count,).

    Args:
        count: number of images.
        labels: None or labels; attributes are not stratified.
        fraction: float in (0, 1); share of the second part.
        seed: whole number >= 0.

    Returns:
        (kept, held_out), int64 arrays.

    Example:
        ```python
        train, test = indices(1797, labels)
        ```
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    if labels is None or np.ndim(labels) != 1:
        labels = np.zeros(count, "int64")
    held_out = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        take = int(np.floor(fraction * len(members) + 0.5))
        held_out.append(generator.permutation(members)[:take])
    held_out = np.sort(np.concatenate(held_out))
    return np.setdiff1d(np.arange(count), held_out), held_out


def drawn(dataset, count, seed=0):
    """A part of the images of a data set, drawn at random, always the same for a seed.

    The order of the data set is kept. Of a streamed set these are its first images.

    Args:
        dataset: a Dataset.
        count: number of images, 1 to len(dataset).
        seed: whole number >= 0 for numpy's PCG64.

    Raises:
        UserError: `count` is out of range.

    Example:
        ```python
        half = drawn(load("digits"), 700)
        ```
    """
    if dataset.streamed or not 1 <= count <= len(dataset):
        return dataset.first(count)
    return dataset.select(drawn_places(dataset, count, seed))


def drawn_places(dataset, count, seed=0):
    """Where the images of `drawn` are in the data set: int64 (count,), rising.

    Args:
        dataset: a Dataset.
        count: number of images, 1 to len(dataset).
        seed: whole number >= 0 for numpy's PCG64.

    Example:
        ```python
        places = drawn_places(load("digits"), 700)
        ```
    """
    if dataset.streamed:
        return np.arange(count)
    generator = np.random.Generator(np.random.PCG64(seed))
    return np.sort(generator.permutation(len(dataset))[:count])


def check_parts(name, kept, held_out, fraction):
    """Refuses an empty part."""
    if not kept or not held_out:
        raise UserError(
            f"'{name}' is too small to be cut: a fraction of {fraction} leaves {kept} and "
            f"{held_out} images. Add images or change the fraction."
        )


def part_of(dataset, name, fraction=HELD_OUT_FRACTION):
    """The "train" or "test" part of a data set without an official test split.

    A fixed share of each class is held out for "test" (seed 20), always the same, so that there
    are real images no training has seen.

    Args:
        dataset: the whole Dataset.
        name: "train", "test" or "all".
        fraction: float in (0, 1); share held out.

    Raises:
        UserError: too few images to hold any out.

    Example:
        ```python
        test = part_of(everything, "test")
        ```
    """
    if name == "all":
        return dataset.select(slice(None), split="all")
    kept, held_out = indices(len(dataset), dataset.labels, fraction)
    check_parts(dataset.name, len(kept), len(held_out), fraction)
    return dataset.select(kept if name == "train" else held_out, split=name)
