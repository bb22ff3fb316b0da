"""`train --dry-run`: the resolved recipe, its parameters, an estimate of time, memory and disk."""

import json
import resource
import time

import numpy as np

from app.build import build_data, build_loss, build_model, build_optimizer, class_labels
from app.config import Recipe, to_dict
from app.progress import console

MEASURED_STEPS = 5


def dry_run(recipe: Recipe):
    """Prints what `train` would do, after timing a few training and sampling steps."""
    loss = build_loss(recipe.diffusion.loss)
    images = build_data(recipe)
    training, sampling = recipe.training, recipe.sampling
    model = build_model(recipe, images.train.image_shape, images.train.classes)
    steps = len(images.train) // training.batch_size
    model.compile(build_optimizer(recipe, steps), loss=loss)
    step_seconds = _training_step(model, training.batch_size, images.train)
    draw_seconds = _sampling_step(model, sampling)
    drawn = recipe.evaluation.samples + recipe.watching.samples
    guided = 2 if sampling.guidance else 1
    sampling_seconds = drawn * sampling.steps * guided * draw_seconds
    weights = 4 * model.count_params()
    averages = bool(training.ema_decay) + (training.swa_start_epoch is not None)
    disk = weights * ((3 + averages) * training.keep_checkpoints + 1 + averages + 4)
    seconds = step_seconds * steps * training.epochs + sampling_seconds
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    console.print(json.dumps(to_dict(recipe), indent=2))
    console.print(
        f"images:      {len(images.train)} to train on, {len(images.validation)} to validate"
    )
    console.print(f"parameters:  {model.count_params():,}")
    console.print(f"time:        about {seconds / 60:.1f} min ({step_seconds * 1e3:.0f} ms a step)")
    console.print(f"memory:      about {memory:.1f} GB (this trial's peak)")
    console.print(f"disk:        about {disk / 1e6:.0f} MB")
    console.print("Nothing was trained or written. Leave out --dry-run to start.")


def _training_step(model, batch_size, dataset):
    """Seconds of one training step, compilation left out."""
    part = dataset.first(batch_size)
    images, labels = part.images, part.labels if model.conditional else None
    model.train_on_batch(images, labels)
    return _median_seconds(lambda: model.train_on_batch(images, labels))


def _sampling_step(model, sampling):
    """Seconds of one evaluation of the network for one image, compilation left out."""
    count, steps = min(32, sampling.batch_size), min(4, sampling.steps)
    labels = class_labels(model, count)

    def draw():
        return model.sample(count, labels, steps=steps, batch_size=count)

    draw()
    return _median_seconds(draw) / (count * steps)


def _median_seconds(function):
    """Median wall time of a few calls."""
    seconds = []
    for _ in range(MEASURED_STEPS):
        begin = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - begin)
    return float(np.median(seconds))
