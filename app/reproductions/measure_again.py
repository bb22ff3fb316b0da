"""Measures a trained run again: drawn otherwise, or judged by another extractor, as its own run."""

import numpy as np
from keras import ops

from app.build.data import build_data
from app.build.diffusion import build_model
from app.build.sampling import build_sampler, class_labels
from app.config.readers import drawn_with
from app.data.subsets import shuffled
from app.drawing.attribute_control import drawn_asked, leave_asked
from app.drawing.sample import Draw, draw_parts, sample_options, write_grid
from app.drawing.steering import Steering
from app.measuring.measure_run import measure_run
from app.models.row_program import draw_rows
from app.progress import bar, console
from app.reproductions.measured import config_of
from app.run import Run
from app.tracking import Mirror
from app.trained import load_trained


def measure_again(child, trained, root="runs", begun=None, again=None, classifier=None, **fields):
    """Draws and measures as a `Measured` says; what it finds is a run of the kind evaluation.

    Args:
        child: the `Measured`.
        trained: the finished `Run` of the child it is of; what is drawn lies in its folder.
        root: folder of all runs.
        begun: function called with the new run, or None.
        again: the unfinished `Run` of an earlier attempt, or None.
        classifier: the finished `Run` of the child's classifier, if it has one.
        **fields: more of the run's manifest.
    """
    recipe, model = load_trained(trained, child.weights)
    recipe = child.changed(recipe)
    images = None if classifier is not None else build_data(recipe)  # it looks at no real ones
    if child.own_model:
        model = rebuilt(model, recipe, images.train)
    run = again or Run.create(
        child.name,
        config_of(child),
        "evaluation",
        root=root,
        dataset=trained.manifest["dataset"],
        subject={"name": trained.id, "digest": child.weights, "count": child.samples},
        **fields,
    )
    if begun:
        begun(run)
    console.print(f"run {run.id}: {child.samples} images of {trained.id}")
    with Mirror(run, say=console.print):
        if classifier is not None:
            request = asked_by(classifier, child, recipe, model)
            leave_asked(run, *drawn_asked(trained, recipe, model, request))
            return run
        request = sample_options(recipe, child.samples, weights=child.weights)
        name = f"{child.name if child.own_model else 'evaluation'}-{request.digest}"

        def drawn():
            if child.start in ("noise", "unit"):
                found, labels = draw_parts(trained, model, request, name)
            else:
                found, labels = draw_from(model, recipe, images, child)
            write_grid(run, "grid", found[: recipe.watching.samples])  # as the trained run shows
            return found, labels

        measure_run(
            run,
            recipe,
            images,
            model,
            child.samples,
            weights=child.weights,
            metrics=child.metrics or None,
            drawn=drawn,
        )
    return run


def asked_by(classifier, child, recipe, model):
    """The `Draw` of every attribute, alone and as the recipe pairs them, that a classifier asks."""
    return Draw(
        count=child.samples,
        labels=("none",),
        sampling=drawn_with(recipe, guidance=0.0).sampling,
        weights=child.weights,
        steering=Steering(classifier=classifier.id, classifier_scale=child.classifier_scale),
        attributes=(*model.condition.names, *child.base.evaluation.attribute_rows),
    )


def rebuilt(model, recipe, train):
    """The model of a recipe around the weights of another: one that differs in no weight."""
    other = build_model(recipe, model.image_shape, train.classes, train.attribute_names)
    other.set_weights(model.get_weights())
    return other


def draw_from(model, recipe, images, child):
    """Draws from starts that hold what the schedule leaves of training images, or of their mean.

    Formula: `start = signal_rate(1) * clean + noise_rate(1) * noise`, with the noise that a start
    of the same seed and index has anyway.

    Returns:
        uint8 `(samples, height, width, channels)`, and their labels or None.
    """
    sampling, schedule = recipe.sampling, model.schedule
    few = images.train.first(min(len(images.train), 10_000))
    training, labels = few.images, class_labels(model, child.samples)
    if child.start == "mean":
        low, high = model.pixel_range
        clean = low + (high - low) / 255 * np.mean(training, 0, keepdims=True, dtype="float64")
        clean = np.repeat(clean.astype("float32"), child.samples, 0)
    else:
        chosen = np.resize(shuffled(np.arange(len(training))), child.samples)
        clean, labels = training[chosen], None if labels is None else few.labels[chosen]
    condition = np.zeros(child.samples, "int32") if labels is None else labels

    def draw(sampler, denoise, trajectory, seed, index, rows, condition):
        (clean,) = rows
        noise = model.noise.start(seed, index, ops.shape(clean)[0], model.image_shape)
        start = schedule.signal_rate(1.0) * clean + schedule.noise_rate(1.0) * noise
        in_loop = model.noise.in_loop(seed, index)
        return sampler(denoise, trajectory, start, seed, index, condition=condition, noise=in_loop)

    with bar("sampling", child.samples) as show:
        drawn = draw_rows(
            model,
            "other start",
            draw,
            [ops.convert_to_numpy(model(clean))],
            condition,
            build_sampler(sampling, model.pixel_range),
            steps=sampling.steps,
            spacing=sampling.spacing,
            seed=sampling.seed,
            batch_size=sampling.batch_size,
            progress=show,
        )
    return drawn, labels
