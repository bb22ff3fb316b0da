"""Training a classifier of noisy images: what `train` needs to know of it."""

from app.build.data import Images, check_batch, check_classes, load_part
from app.build.noisy_classifier import compiled_noisy_classifier
from app.config.network import deaf_warning
from app.data import split
from app.data.pipeline import Batches
from app.progress import console
from app.tasks.noisy_classification_results import evaluate, export, finish
from callbacks.mlflow_logger import MLflowLogger

__all__ = [
    "batches",
    "evaluate",
    "export",
    "facts",
    "finish",
    "prepare",
    "untrained",
    "watchers",
]


def prepare(recipe):
    """Loads the images with their labels, and splits off those for the validation loss."""
    whole, test = (load_part(recipe.data, part) for part in ("train", "test"))
    if not whole.attributes:
        check_classes(recipe, whole)
    train, validation = split(whole, recipe.data.validation_fraction, seed=0)
    check_batch(recipe, len(train))
    return Images(train, validation, test)


def untrained(recipe, images):
    """The compiled model before its first step."""
    deaf = deaf_warning(recipe.network)
    if deaf:
        console.print(f"note: {deaf}")
    return compiled_noisy_classifier(recipe, images.train)


def facts(recipe, images):
    """Fields of the manifest."""
    names = list(images.train.attribute_names)
    return {
        "images": [list(images.train.image_shape), images.train.classes],
        **({"attributes": names} if names else {}),
        "seeds": {"training": recipe.training.seed},
    }


def batches(recipe, images):
    """Seeded batches to train on, and those of the validation loss."""
    return _batches(images.train, recipe, True), _batches(images.validation, recipe, False)


def watchers(run, recipe, images, averages, mirror):
    """The callbacks that watch a run: its losses tell enough."""
    return [MLflowLogger(sink=mirror.record)]


def _batches(dataset, recipe, shuffle):
    """Seeded batches of one part of the data."""
    flip = dataset.flips if recipe.data.flip is None else recipe.data.flip
    return Batches(
        dataset,
        batch_size=recipe.training.batch_size,
        pixel_range=(recipe.diffusion.pixel_low, recipe.diffusion.pixel_high),
        seed=recipe.training.seed,
        shuffle=shuffle,
        flip=flip and shuffle,
        drop_remainder=shuffle,
    )
