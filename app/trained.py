"""What training left behind: the recipe of a run, its trained model, the best of its averages."""

import contextlib

from app import config
from app.build.adaptation import build_adaptation
from app.build.classifier import build_classifier
from app.build.diffusion import build_model
from app.build.noisy_classifier import build_noisy_classifier
from app.errors import UserError, first_line
from app.files import writing
from callbacks.average_reconstruction import coefficients, reconstruct
from callbacks.average_snapshots import snapshots_in
from callbacks.weights_file import write_weights

PREFERRED = ("ema", "swa")  # of the averages of one run, the better first
LENGTH = "ema:"  # what stands before the length of an average made of snapshots
LARGEST_ERROR = 0.25  # of its shares, relative; beyond it the average is another one
BUILDERS = {
    "diffusion": build_model,
    "classification": build_classifier,
    "adaptation": build_adaptation,
    "noisy_classification": build_noisy_classifier,
}


def load_trained(run, weights="best", kind="diffusion"):
    """The recipe and the trained model of a run.

    Args:
        run: a `Run`.
        weights: "raw", "ema", "swa", or "best": the averaged ones where there are any;
            "best-epoch": those of the epoch with the lowest distance, of runs that were scored by
            epoch; or "ema:0.08": the power-function average of this length, made of snapshots.
        kind: the kind of run that is needed.

    Raises:
        UserError: the run is of another kind, has not got that far, or has no such average.
    """
    recipe = recipe_of(run, kind)
    if weights.startswith(LENGTH):
        return _with_average(run, weights, kind)
    names = [*PREFERRED, "raw"] if weights == "best" else [weights]
    paths = [run.folder / "weights" / f"{name}.weights.h5" for name in names]
    path = next((path for path in paths if path.exists()), None)
    if path is None:
        there = sorted(file.name.split(".")[0] for file in paths[0].parent.glob("*.weights.h5"))
        todo = [f"It has: {', '.join(there)}. Pass one of them by --weights."] * bool(there)
        if run.status != "finished":
            todo.insert(0, f"Finish it with: python -m app train --resume {run.name}.")
        raise UserError(f"Run {run.id} ({run.status}) has no {weights} weights. {' '.join(todo)}")
    facts, names = _image_facts(run), run.manifest.get("attributes")
    model = BUILDERS[kind](recipe, *facts, *([tuple(names)] if names else []))
    try:
        model.load_weights(path)
    except Exception as error:  # HDF5 and Keras have many kinds for a damaged file
        raise UserError(
            f"The weights {path} are damaged or of another network ({first_line(error)}). Pass "
            "other --weights, or take them from the artifacts of the run in MLflow."
        ) from error
    return recipe, model


def _with_average(run, weights, kind):
    """The recipe, and the model with an average made of snapshots."""
    length, snapshots = float(weights.removeprefix(LENGTH)), snapshots_in(run.folder / "snapshots")
    if not snapshots:
        raise UserError(
            f"Run {run.id} has no snapshots to make the average {weights} of. Train with "
            "--training.power-averages 0.05 0.10, or pass other --weights."
        )
    error = coefficients(snapshots, length)[1]
    if error > LARGEST_ERROR:
        raise UserError(
            f"The average {weights} cannot be made of the snapshots of run {run.id}: its shares "
            f"would be wrong by {error:.0%}. Take a length nearer to those it was trained with "
            f"({', '.join(f'{known:g}' for known in sorted({s.sigma_rel for s in snapshots}))})."
        )
    recipe, model = load_trained(run, "raw", kind)
    try:
        reconstruct(model, snapshots, length)
    except Exception as error:  # HDF5 and Keras have many kinds for a damaged file
        raise UserError(
            f"A snapshot in {run.folder / 'snapshots'} is damaged ({first_line(error)}). Pass "
            "other --weights."
        ) from error
    return recipe, model


def recipe_of(run, kind="diffusion"):
    """The recipe of a run, from its `config.json`.

    Args:
        run: a `Run`.
        kind: the kind of run that is needed.

    Raises:
        UserError: it is of another kind, or the file does not hold a recipe of this code.
    """
    if run.kind != kind:
        raise UserError(
            f"Run {run.id} is of the kind {run.kind}; this needs one of the kind {kind}."
        )
    try:
        return config.from_dict(run.config)
    except ValueError as error:
        raise UserError(
            f"The configuration {run.folder / 'config.json'} is damaged or of another version of "
            f"this code: {error} Restore it from the artifacts of the run in MLflow."
        ) from error


def _image_facts(run):
    """(height, width, channels) and the number of classes, as the manifest has them."""
    try:
        shape, classes = run.manifest["images"]
        height, width, channels = (int(side) for side in shape)
        return (height, width, channels), int(classes)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"The manifest of run {run.id} does not say the shape of its images and the number of "
            "classes. Restore manifest.json from the artifacts of the run in MLflow."
        ) from error


def best_average(averages):
    """The average to draw with, of averages by name ("ema", "swa"); None where there is none."""
    return next((averages[name] for name in PREFERRED if name in averages), None)


@contextlib.contextmanager
def best_of(model, averages):
    """The averaged weights in the model for a while, where there are any."""
    average = best_average(averages)
    with average.swapped(model) if average else contextlib.nullcontext():
        yield


def save_weights(run, model, averages, served=contextlib.nullcontext):
    """weights/raw.weights.h5, and one file for each average; each written inside `served()`."""
    with served():
        _save_weights(run, model, "raw")
    for name, average in averages.items():
        with average.swapped(model), served():
            _save_weights(run, model, name)


def _save_weights(run, model, name):
    """Writes one file whole or not at all."""
    path = run.path("weights", f"{name}.weights.h5")
    with writing(path):
        write_weights(model, path)
