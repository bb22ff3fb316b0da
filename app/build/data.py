"""From a recipe to its images: trained on, validated on, held out."""

import dataclasses

import numpy as np

from app import config
from app.data import load, split
from app.data.sources import SOURCES
from app.data.split import drawn, drawn_places
from app.errors import UserError


@dataclasses.dataclass(frozen=True)
class Images:
    """The three parts of a data set: trained on, validated on, and held out."""

    train: object
    validation: object
    test: object


def build_data(recipe: config.Recipe, directory=None) -> Images:
    """Loads the data set and splits off the validation images, the same ones for a seed.

    Args:
        recipe: a recipe of images.
        directory: folder of existing copies in place of the recipe's, or None.
    """
    data = found_in(recipe, directory).data
    whole = load_part(data, "train")
    if recipe.diffusion.condition == "class" and not whole.classes:
        raise UserError(
            f"The recipe is conditional on classes, but {recipe.data.name} has no labels. "
            "Pass --diffusion.condition none, or put the images into one folder a class."
        )
    if recipe.diffusion.condition == "attributes" and not whole.attributes:
        raise UserError(
            f"The recipe is conditional on attributes, but {recipe.data.name} has none. Pass "
            "--data.attributes with a CSV for a folder, take mnist-5k-attributes, or pass "
            "--diffusion.condition none."
        )
    test = load_part(data, "test")
    train, validation = split(whole, recipe.data.validation_fraction, seed=0)
    check_batch(recipe, len(train))
    return Images(train, validation, test)


def found_in(recipe: config.AnyRecipe, directory):
    """The recipe with its data in another folder, where the one of the run is gone; None: as is."""
    if directory is None:
        return recipe
    parts = {
        name: dataclasses.replace(getattr(recipe, name), directory=directory)
        for name in ("data", "source", "target")
        if hasattr(recipe, name)
    }
    return dataclasses.replace(recipe, **parts)


def load_part(data: config.Data, part):
    """The "train" or "test" part of the data set that a recipe names."""
    return load_training(data)[0] if part == "train" else _load(data, part)


def load_training(data: config.Data):
    """The training part that a recipe names, and the place of each of its images.

    Returns:
        (Dataset, int64 (n,)): image i is `load(data.name, split="train").images[places[i]]`.
    """
    whole = _load(data, "train")
    if not data.training_images:
        return whole, np.arange(len(whole))
    part = drawn(whole, data.training_images)
    return part, drawn_places(whole, len(part))


def _load(data, part):
    """A part of a data set, whole."""
    return load(
        data.name,
        split=part,
        directory=data.directory,
        size=data.size,
        download=data.download,
        attributes=data.attributes,
        attribute_names=data.attribute_names,
        flips=None if data.name in SOURCES else data.flip,  # the known ones know it themselves
    )


def check_batch(recipe, count):
    """Refuses a recipe whose batch is larger than its `count` training images."""
    if count < recipe.training.batch_size:
        raise UserError(
            f"{recipe.data.name} has {count} training images, fewer than a batch of "
            f"{recipe.training.batch_size}. Pass a smaller --training.batch-size."
        )


def check_classes(recipe, dataset):
    """Refuses images without class labels, which a classifier cannot learn from."""
    if not dataset.classes:
        raise UserError(
            f"A classifier needs class labels, and {recipe.data.name} has none. Put the images "
            "into one folder a class, or take a data set with labels."
        )
