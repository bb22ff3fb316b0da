"""Training a denoiser: what `train` needs to know of it."""

import keras
import numpy as np

from app.build.data import build_data
from app.build.diffusion import build_model
from app.build.loss import build_loss, build_text_term
from app.build.noise import noise_images
from app.build.optimizer import build_optimizer, jit_compile
from app.config.network import deaf_warning
from app.data.paired import PairedBatches
from app.data.pipeline import Batches
from app.data.pixels import to_float
from app.data.subsets import random_rows
from app.diffusion.times import Trajectory
from app.export.diffusion import export_run as export
from app.measuring.compare_averages import compare_averages
from app.measuring.compare_steps import compare_steps
from app.measuring.evaluate import evaluate_run
from app.measuring.measure_run import measuring, own_reference
from app.progress import console
from app.tasks.diffusion_results import finish
from app.tasks.watch import watchers

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

SEEN = 1000  # images that tell the deviation of a data set
prepare = build_data


def evaluate(run, options):
    """Measures a run, or compares its averages, or its samplers: `app.options.Evaluate`."""
    if options.averages:
        return compare_averages(run, options)
    return compare_steps(run, options) if options.grid else evaluate_run(run, options)


def untrained(recipe, images):
    """The compiled model before its first step."""
    training, loss = recipe.training, build_loss(recipe.diffusion.loss)
    train = images.train
    model = build_model(recipe, train.image_shape, train.classes, train.attribute_names)
    if recipe.diffusion.condition == "attributes":
        model.condition.vectors(recipe.evaluation.attribute_rows)  # refuses names of no attribute
    steps = len(images.train) // training.batch_size
    term, xla = build_text_term(recipe, images.train), jit_compile(training)
    if term is not None and keras.backend.backend() == "tensorflow":
        xla = False  # it has no antialiased resizing there, which the encoders begin with
    model.compile(
        optimizer=build_optimizer(recipe, training.epochs * steps),
        loss=loss,
        text_term=term,
        jit_compile=xla,
    )
    trajectory = Trajectory(model.schedule, recipe.sampling.steps, recipe.sampling.spacing)
    if recipe.evaluation.samples:
        asked, reference = recipe.evaluation, own_reference(recipe, images)
        measuring(None, recipe, images, model, asked.samples, reference, asked.metrics or None)
    notes = (
        model.schedule.terminal_warning(),
        trajectory.start_warning(),
        deaf_warning(recipe.network),
        deviation_warning(recipe.diffusion, train),
    )
    for warning in filter(None, notes):
        console.print(f"note: {warning}")
    return model


def deviation_warning(diffusion, dataset):
    """A sentence if EDM's `sigma_data` is not the deviation of the images to a fifth, else None.

    Args:
        diffusion: a `config.Diffusion`.
        dataset: the training images; 1,000 of them are looked at.
    """
    if diffusion.target != "edm":
        return None
    some = dataset.images[:SEEN] if dataset.streamed else random_rows(dataset.images, SEEN)
    pixels = to_float(some, (diffusion.pixel_low, diffusion.pixel_high))
    measured = float(np.std(pixels, dtype="float64"))
    if abs(diffusion.sigma_data - measured) <= measured / 5:
        return None
    return (
        f"EDM's preconditioning is for images of standard deviation {diffusion.sigma_data:g}, but "
        f"those of {dataset.name} have {measured:.2g} in the range {diffusion.pixel_low:g} to "
        f"{diffusion.pixel_high:g}. Pass --diffusion.sigma-data {measured:.2g}."
    )


def facts(recipe, images):
    """Fields of the manifest."""
    found, named = {}, recipe.diffusion.condition == "attributes"
    if recipe.diffusion.noise == "images":
        noise = noise_images(recipe, images.train.image_shape, "train")
        found = {"noise_data": {"name": noise.name, "digest": noise.digest}}
    return {
        **found,
        "images": [list(images.train.image_shape), images.train.classes],
        **({"attributes": list(images.train.attribute_names)} if named else {}),
        "sampling": {
            "seed": recipe.sampling.seed,
            "steps": recipe.sampling.steps,
            "guidance": recipe.sampling.guidance,
        },
        "seeds": {"training": recipe.training.seed, "sampling": recipe.sampling.seed},
    }


def batches(recipe, images):
    """Seeded batches to train on, and those of the validation loss."""
    return _batches(images.train, recipe, True), _batches(images.validation, recipe, False)


def _batches(dataset, recipe, shuffle):
    """Seeded batches of one part of the data."""
    flip = dataset.flips if recipe.data.flip is None else recipe.data.flip
    kind, partners = Batches, ()
    if recipe.diffusion.noise == "images":
        noise = noise_images(recipe, dataset.image_shape, "train" if shuffle else "test")
        kind, partners = PairedBatches, (noise.images,)
    return kind(
        dataset,
        *partners,
        labels=None if recipe.diffusion.condition != "none" else False,
        batch_size=recipe.training.batch_size,
        pixel_range=(recipe.diffusion.pixel_low, recipe.diffusion.pixel_high),
        seed=recipe.training.seed,
        shuffle=shuffle,
        flip=flip and shuffle,
        drop_remainder=shuffle,
    )
