"""Training a classifier on labels of which some are wrong: what `train` needs to know of it."""

import dataclasses
import functools

import numpy as np

from app.build.classifier import compiled_classifier
from app.build.data import check_batch, check_classes, load_part, load_training
from app.data import Dataset
from app.data.augmentation import AugmentedBatches
from app.data.pipeline import Batches
from app.data.split import indices
from app.data.subsets import shuffled
from app.metrics.classification import held_out_scores, memorisation
from app.models.logits import PIXEL_RANGE, logits_function
from app.tasks.classification_results import evaluate, export, finish
from app.tasks.drawn_labels import DrawnLabels, draw_labels
from app.trained import best_average
from callbacks import FrechetLogger
from callbacks.gradient_norm import GradientNorm
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

WATCHED = 5000  # training images on which fitting and memorising are measured


@dataclasses.dataclass(frozen=True)
class Parts:
    """The parts of a data set; `train` and `validation` have the labels as drawn.

    `drawn` holds what the model must not see: which of the training labels are wrong; `whole` the
    same of all labels that were drawn, those of the validation part too, in the data set's order.
    `places`, int64 (n,), says where the images of `train` are in the data set.
    """

    train: Dataset
    validation: Dataset | None
    test: Dataset
    drawn: DrawnLabels
    whole: DrawnLabels
    places: np.ndarray


def prepare(recipe):
    """Loads the data and draws the labels; the same ones for a seed, on either backend."""
    (whole, places), test = load_training(recipe.data), load_part(recipe.data, "test")
    check_classes(recipe, whole)
    whole, test = whole.first(len(whole)), test.first(len(test))
    drawn = draw_labels(whole, recipe.noise)
    noisy = dataclasses.replace(whole, labels=drawn.noisy, digest="")
    kept, held = np.arange(len(whole)), np.arange(0)
    if recipe.data.validation_fraction:
        kept, held = indices(len(whole), noisy.labels, recipe.data.validation_fraction, seed=0)
    validation = noisy.select(held, split="validation") if len(held) else None
    check_batch(recipe, len(kept))
    return Parts(noisy.select(kept), validation, test, drawn.select(kept), drawn, places[kept])


def untrained(recipe, parts):
    """The compiled model before its first step."""
    train = parts.train
    return compiled_classifier(recipe, train.image_shape, train.classes, len(train))


def facts(recipe, parts):
    """Fields of the manifest."""
    return {
        "images": [list(parts.train.image_shape), parts.train.classes],
        "label_noise": parts.drawn.facts(),
        "seeds": {"training": recipe.training.seed, "noise": recipe.noise.seed},
    }


def batches(recipe, parts):
    """Seeded batches to train on, and those of the validation loss (None without such a part)."""
    options = {"pixel_range": PIXEL_RANGE, "seed": recipe.training.seed}
    flip = parts.train.flips if recipe.data.flip is None else recipe.data.flip
    train = AugmentedBatches(
        parts.train,
        crop=recipe.augmentation.crop,
        policy=recipe.augmentation.policy,
        flip=flip,
        batch_size=recipe.training.batch_size,
        **options,
    )
    if parts.validation is None:
        return train, None
    return train, Batches(
        parts.validation,
        batch_size=min(recipe.evaluation_batch, len(parts.validation)),
        shuffle=False,
        drop_remainder=False,
        **options,
    )


def watchers(run, recipe, parts, averages, mirror):
    """The callbacks that watch a run, in the order in which they must stand."""
    parts.whole.save(run)
    some = shuffled(np.arange(len(parts.train)))[:WATCHED]
    labels, wrong = parts.train.labels[some], parts.drawn.wrong[some]
    compiled = functools.cache(logits_function)

    def numbers(model):
        logits = compiled(model, recipe.evaluation_batch)
        predicted = logits(parts.train.images[some]).argmax(axis=1)
        scores = held_out_scores(logits(parts.test.images), parts.test.labels)
        return {name: score.value for name, score in scores.items()} | memorisation(
            predicted, labels, wrong
        )

    return [
        GradientNorm(),
        FrechetLogger(numbers, every=1, average=best_average(averages)),
        MLflowLogger(sink=mirror.record),
    ]
