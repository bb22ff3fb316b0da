"""The verbs `train` and `train --resume`: data, model, callbacks, fit, then everything after."""

import keras

from app.build.data import found_in
from app.config import AnyRecipe, to_dict
from app.data.feed import feed
from app.data.pipeline import FollowEpoch
from app.errors import UserError
from app.machine.lock import only_here
from app.progress import TrainingProgress, console
from app.run import Run
from app.tasks import task_of
from app.tracking import Mirror
from app.trained import recipe_of
from callbacks import (
    AverageSnapshots,
    ExponentialMovingAverage,
    InterruptGuard,
    NanGuard,
    PowerFunctionAverage,
    ResumeCheckpoint,
    StochasticWeightAveraging,
)


def train(recipe: AnyRecipe, root="runs", begun=None, **fields) -> Run:
    """Trains a recipe from the start; measures and exports what came out.

    Args:
        recipe: a recipe of any kind.
        root: folder of all runs.
        begun: function called with the run before its first step, or None.
        **fields: more of the run's manifest.
    """
    task = task_of(recipe.kind)
    images = task.prepare(recipe)
    model = task.untrained(recipe, images)  # before there is a run: what does not fit leaves none
    task.batches(recipe, images)
    train = images.train
    run = Run.create(
        recipe.name,
        to_dict(recipe),
        recipe.kind,
        root=root,
        dataset={"name": train.name, "version": train.version, "digest": train.digest},
        **task.facts(recipe, images),
        **fields,
    )
    if begun:
        begun(run)
    return _carry_out(run, recipe, images, model)


def resume(run_id: str, root="runs", directory=None) -> Run:
    """Goes on with a stopped run, exactly where its last checkpoint left it.

    Args:
        run_id: as `Run.open` takes it.
        root: folder of all runs.
        directory: folder of the data sets, where they lay elsewhere before; or None.
    """
    run = Run.open(run_id, root)
    task = task_of(run.kind)
    if run.status == "finished":
        raise UserError(
            f"Run {run.id} is finished. Start a new one: python -m app train with its recipe, "
            f"'{run.recipe}', or the file that it came from."
        )
    recipe = found_in(recipe_of(run, run.kind), directory)
    images = task.prepare(recipe)
    recorded = (run.manifest["dataset"] or {}).get("digest", "unknown data")
    if images.train.digest != recorded:
        raise UserError(
            f"The data set {images.train.name} has digest {images.train.digest}, but the run was "
            f"trained on {recorded}. Give it the same data to resume."
        )
    model = task.untrained(recipe, images)
    noise = task.facts(recipe, images).get("noise_data")
    if noise != run.manifest.get("noise_data"):
        raise UserError(
            f"The images in the place of noise have digest {noise['digest']}, but those that the "
            f"run was trained with {run.manifest['noise_data']['digest']}. Give it the same ones."
        )
    return _carry_out(run, recipe, images, model)


def _carry_out(run, recipe, images, model):
    """Trains, then finishes; leaves the right status behind whatever happens."""
    console.print(f"run {run.id}: {recipe.name}, {len(images.train)} images of {images.train.name}")
    try:
        with only_here(run.folder), Mirror(run, say=console.print) as mirror:
            averages = fit(run, recipe, images, model, mirror)
            task_of(recipe.kind).finish(run, recipe, images, model, averages)
    except KeyboardInterrupt as stop:
        if run.status == "finished":
            words = f"All is saved; only the upload stopped: python -m app sync {run.name}"
        else:
            words = f"Stopped. Go on with: python -m app train --resume {run.name}"
        raise KeyboardInterrupt(words) from stop
    return run


def fit(run, recipe, images, model, mirror):
    """Trains the model, from the last checkpoint on where there is one.

    Returns:
        The averages of its weights by name ("ema", "swa").
    """
    training, task = recipe.training, task_of(recipe.kind)
    batches, validation = task.batches(recipe, images)
    steps = len(batches)
    averages = _averages(training, batches)
    watching = [*averages.values(), *_power_averages(run, training)]
    watching += task.watchers(run, recipe, images, averages, mirror)
    checkpoint = ResumeCheckpoint(
        run.path("checkpoints"),
        every_epochs=training.checkpoint_epochs,
        keep=training.keep_checkpoints,
        also={type(item).__name__: item for item in watching if hasattr(item, "state")},
    )
    progress = TrainingProgress(steps)
    guard = NanGuard(checkpoint)
    try:
        model.fit(
            feed(batches),
            validation_data=None if validation is None else feed(validation),
            epochs=training.epochs,
            shuffle=False,
            verbose=0,
            callbacks=[
                FollowEpoch(batches),
                Rewind(run),
                guard,
                InterruptGuard(),
                *watching,
                progress,
                checkpoint,
            ],
        )
    finally:
        progress.close()
    if guard.message:
        raise UserError(
            f"{guard.message} To resume as it is repeats this: start again with a smaller "
            "--optimizer.learning-rate, with --optimizer.warmup-steps, or with gradients clipped "
            "(--optimizer.clip-norm 1)."
        )
    return averages


class Rewind(keras.callbacks.Callback):
    """Drops the metrics that a resumed fit computes again, once: when its first epoch begins."""

    def __init__(self, run):
        super().__init__()
        self.run = run

    def on_train_begin(self, logs=None):
        """Waits for the first epoch: the checkpoint, which says its number, is read after this."""
        self.due = True

    def on_epoch_begin(self, epoch, logs=None):
        """Rewinds the run to the first epoch of this fit."""
        if self.due:
            self.run.rewind(epoch)
        self.due = False


def _averages(training, batches):
    """The averages of the weights that the recipe asks for, by name."""
    averages = {}
    if training.ema_decay:
        averages["ema"] = ExponentialMovingAverage(training.ema_decay)
    if training.swa_start_epoch is not None:
        averages["swa"] = StochasticWeightAveraging(
            training.swa_start_epoch, batch_norm_data=batches, forward=_forward
        )
    return averages


def _power_averages(run, training):
    """The power-function averages that the recipe asks for, and what keeps snapshots of them."""
    powers = [PowerFunctionAverage(length) for length in training.power_averages]
    if not powers:
        return []
    folder = run.path("snapshots")
    return [*powers, AverageSnapshots(powers, folder, training.power_snapshots)]


def _forward(model, batch):
    """Runs the network in training mode, as batch-norm statistics want it."""
    images, labels = batch if isinstance(batch, tuple) else (batch, None)
    outputs = model(images, training=True)
    model.compute_loss(images, labels, outputs, training=True)
