"""`train --dry-run`: the resolved recipe, its parameters, an estimate of time, memory and disk."""

import json
import time

import numpy as np

from app.build.sampling import class_labels
from app.config import AnyRecipe, to_dict
from app.config.readers import drawn_with
from app.machine.memory import peak_megabytes
from app.progress import console
from app.tasks import task_of

MEASURED_STEPS = 5


def dry_run(recipe: AnyRecipe):
    """Prints what `train` would do, after timing a few training and sampling steps."""
    parts, model, step_seconds, steps = timed(recipe)
    training = recipe.training
    seconds = step_seconds * steps * training.epochs
    if recipe.kind == "diffusion":
        drawn = drawn_after_training(recipe, attributes_of(model))
        seconds += drawn * seconds_a_drawing(model, recipe)
    weights = 4 * model.count_params()
    averages = bool(training.ema_decay) + (training.swa_start_epoch is not None)
    powers = len(training.power_averages)
    disk = weights * ((3 + averages + powers) * training.keep_checkpoints + 1 + averages + 4)
    disk += weights * powers * min(training.power_snapshots, training.epochs)
    memory = peak_megabytes()
    validated = 0 if parts.validation is None else len(parts.validation)
    console.print(json.dumps(to_dict(recipe), indent=2))
    console.print(f"images:      {len(parts.train)} to train on, {validated} to validate")
    console.print(f"parameters:  {model.count_params():,}")
    console.print(f"time:        about {seconds / 60:.1f} min ({step_seconds * 1e3:.0f} ms a step)")
    if memory is not None:
        console.print(f"memory:      about {memory / 1e3:.1f} GB (this trial's peak)")
    console.print(f"disk:        about {disk / 1e6:.0f} MB")
    console.print("Nothing was trained or written. Leave out --dry-run to start.")


def timed(recipe: AnyRecipe):
    """Times a training step of a recipe.

    Returns:
        (its data, the model with a few steps behind it, seconds a step, steps an epoch).
    """
    task = task_of(recipe.kind)
    parts = task.prepare(recipe)
    model = task.untrained(recipe, parts)
    batches, _ = task.batches(recipe, parts)
    batch = batches[0] if isinstance(batches[0], tuple) else (batches[0],)
    model.train_on_batch(*batch)
    return parts, model, _median_seconds(lambda: model.train_on_batch(*batch)), len(batches)


def seconds_a_drawing(model, recipe):
    """Seconds an image and evaluation of the network, from a few steps for a few images."""
    sampling = recipe.sampling
    count, steps = min(32, sampling.batch_size), min(4, sampling.steps)
    labels = class_labels(model, count)

    def draw():
        return model.sample(count, labels, steps=steps, batch_size=count)

    draw()
    return _median_seconds(draw) / (count * steps)


def attributes_of(model):
    """How many attributes the condition of a model has; 0 where it is none of attributes."""
    return getattr(model.condition, "attributes", 0)


def drawn_after_training(recipe, attributes):
    """Images times evaluations of the network, of all that is drawn after training."""
    drawn = (recipe.evaluation.samples + recipe.watching.samples) * recipe.sampling.evaluations
    if recipe.diffusion.condition == "attributes":  # each asked for, and again with nothing said
        rows = attributes + len(recipe.evaluation.attribute_rows)
        unasked = drawn_with(recipe, guidance=0.0).sampling.evaluations
        asked = recipe.sampling.evaluations + unasked
        drawn += rows * recipe.evaluation.attribute_samples * asked
    return drawn


def _median_seconds(function):
    """Median wall time of a few calls."""
    seconds = []
    for _ in range(MEASURED_STEPS):
        begin = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - begin)
    return float(np.median(seconds))
