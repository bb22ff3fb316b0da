"""Adapting a classifier to a domain without labels: what `train` needs to know of it."""

import dataclasses
import functools
import hashlib

import numpy as np

from app.build.adaptation import compiled_adaptation, load_domain
from app.data import Dataset, split
from app.data.domains import DomainBatches
from app.data.pipeline import Batches
from app.data.subsets import shuffled
from app.errors import UserError
from app.metrics.domains import (
    information_maximization,
    proxy_a_distance,
    soft_neighbourhood_density,
)
from app.models.logits import PIXEL_RANGE, logits_function
from app.tasks.adaptation_results import evaluate, export, finish, served
from app.trained import best_average
from callbacks import FrechetLogger
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

WATCHED = 1000  # images of each domain that the measures without labels look at


@dataclasses.dataclass(frozen=True)
class Parts:
    """Both domains; `target` has no labels, `target_test` has, for measuring only."""

    train: Dataset
    validation: Dataset
    target: Dataset
    source_test: Dataset
    target_test: Dataset


def prepare(recipe):
    """Loads both domains at one size; labels of target training images are thrown away."""
    source, target, source_test, target_test = (
        load_domain(recipe, domain, part)
        for part in ("train", "test")
        for domain in ("source", "target")
    )
    if not source.classes:
        raise UserError(f"The source needs class labels, and {source.name} has none.")
    if source.class_names != target.class_names:
        raise UserError(
            "Both domains must have the same classes. Received: "
            f"{', '.join(source.class_names[:4])}... in {source.name}, "
            f"{', '.join(target.class_names[:4]) or 'none'}... in {target.name}."
        )
    target = dataclasses.replace(target, labels=None, class_names=(), digest="")
    train, validation = split(source, recipe.source.validation_fraction, seed=0)
    pair = hashlib.sha256(f"{source.digest} {target.digest}".encode()).hexdigest()[:16]
    train = dataclasses.replace(train, name=f"{source.name} to {target.name}", digest=pair)
    return Parts(train, validation, target, source_test, target_test)


def untrained(recipe, parts):
    """The compiled model before its first step."""
    train, _ = batches(recipe, parts)
    steps = recipe.training.epochs * len(train)
    return compiled_adaptation(recipe, parts.train.image_shape, parts.train.classes, steps)


def facts(recipe, parts):
    """Fields of the manifest."""
    return {
        "images": [list(parts.train.image_shape), parts.train.classes],
        "domains": {"source": recipe.source.name, "target": recipe.target.name},
        "seeds": {"training": recipe.training.seed},
    }


def batches(recipe, parts):
    """Seeded batches of both domains, and those of the source's validation loss."""
    options = {"pixel_range": PIXEL_RANGE, "seed": recipe.training.seed}
    train = DomainBatches(
        parts.train,
        parts.target,
        recipe.training.batch_size,
        steps=recipe.epoch_steps,
        **dataclasses.asdict(recipe.movement),
        **options,
    )
    size = min(recipe.evaluation_batch, len(parts.validation))
    return train, Batches(
        parts.validation, batch_size=size, shuffle=False, drop_remainder=False, **options
    )


def watchers(run, recipe, parts, averages, mirror):
    """The callbacks that watch a run, in the order in which they must stand."""
    source, target = watched(parts.validation), watched(parts.target)
    compiled = functools.cache(logits_function)

    def numbers(model):
        logits = compiled(model, recipe.evaluation_batch)
        features = compiled(model.backbone, recipe.evaluation_batch)
        with served(recipe, model, parts.target.images):
            unlabelled = logits(target)
            return {
                "source_test_accuracy": _accuracy(logits, parts.source_test),
                "target_test_accuracy": _accuracy(logits, parts.target_test),
                "information_maximization": information_maximization(unlabelled),
                "soft_neighbourhood_density": soft_neighbourhood_density(unlabelled),
                "proxy_a_distance": proxy_a_distance(features(source), features(target)),
            }

    return [
        FrechetLogger(numbers, every=1, average=best_average(averages)),
        MLflowLogger(sink=mirror.record),
    ]


def watched(part):
    """Images of a part, at most `WATCHED`, at random: data sets are often sorted by class."""
    return part.images[shuffled(np.arange(len(part)))[:WATCHED]]


def _accuracy(logits, part):
    return float(np.mean(logits(part.images).argmax(axis=1) == part.labels))
