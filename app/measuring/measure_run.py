"""Measures the images that a run draws: against what, what can be measured, and the scores."""

from dataclasses import replace

from app.data.channels import like
from app.data.image_set import ImageSet, class_numbers
from app.drawing.attribute_control import (
    conditional_on_attributes,
    draw_by_attributes,
    judge_for,
    real_attributes,
)
from app.drawing.sample import draw_parts, draw_unclipped, sample_options
from app.errors import UserError
from app.measuring.measurement import leave, pass_of, plan_of
from app.measuring.reference import Reference

MOST_UNCLIPPED = 100  # images drawn once more, as the model leaves them, for PSNR
MOST_REAL = 60_000  # real images of a run measured against; more are streamed sets cut off


def measure_run(
    run,
    recipe,
    images,
    model,
    samples,
    *,
    weights="best",
    reference=None,
    metrics=None,
    prompt=None,
    keep=False,
    drawn=None,
):
    """Scores of `samples` images of a run, into scores.json, figures and onto the screen.

    Args:
        run: the `Run`.
        recipe: its recipe.
        images: its data, as `build_data` gives them.
        model: its trained model, which draws.
        samples: int; how many images.
        weights: str; which weights the model holds, for the record.
        reference: `Reference`, or None: the training images, with the recipe's extractor.
        metrics: names of metrics, or None for the usual ones that can be computed.
        prompt: text with {} for the class, or None.
        keep: bool; scores in scores.json of the same weights and number of images stay there.
        drawn: function that returns (images, labels) in place of what the recipe draws, or None.

    Raises:
        UserError, ValueError: a metric cannot be computed; said before anything is drawn.
    """
    reference = reference or own_reference(recipe, images)
    metrics, look = measuring(
        run, recipe, images, model, samples, reference, metrics, prompt, drawn
    )
    seen = look(sample_options(recipe, samples, weights=weights))
    return leave(run, seen, reference, metrics, {"weights": weights}, keep)


def measuring(
    run, recipe, images, model, samples, reference, metrics=None, prompt=None, drawn=None
):
    """Checks what can be measured of a run before anything is drawn.

    Arguments are those of `measure_run`, the reference a `Reference`; the run may be None where
    nothing is to be drawn yet.

    Returns:
        (metrics, look): names of the metrics, and the function of a `Draw` that draws it with the
        weights that are then in the model (or calls `drawn`), and returns the `FeaturePass` of
        what was drawn.

    Raises:
        UserError, ValueError: as `measure_run`.
    """
    shape, trained = images.train.image_shape, ImageSet.of(images.train, MOST_REAL)
    if reference.real is not None and reference.real.digest == trained.digest:
        trained = reference.real
    if shape[2] > reference.shape[2]:
        raise UserError(
            f"The run draws in colour, and the reference ({reference.words}) is grey. Give "
            "another --against."
        )
    numbers = class_numbers(images.train.class_names, reference.class_names)
    labelled = model.conditional and numbers is not None
    plan = plan_of(samples, shape, reference, prompt, labelled)
    measured = drawn is None and judge_for(model) is not None
    plan = replace(plan, training_shape=shape, by_attributes=measured)
    metrics = plan.chosen(metrics)
    channels = reference.shape[2]
    by_attributes = "attribute_control" in metrics

    def look(request):
        unclipped = None
        if drawn is None:
            named = conditional_on_attributes(model)
            rows = real_attributes(images.train, samples) if named else None
            name = f"evaluation-{request.digest}"
            generated, labels = draw_parts(run, model, request, name, rows)
            if "psnr" in metrics:
                few = min(samples, MOST_UNCLIPPED)
                unclipped = draw_unclipped(model, request, labels, few)
                unclipped = like(unclipped, channels, run.id)
        else:
            generated, labels = drawn()
        asked = draw_by_attributes(run, recipe, model, request.weights) if by_attributes else None
        return pass_of(
            like(generated, channels, run.id),
            reference,
            training=like(trained.images, channels, trained.name),
            labels=numbers[labels] if labelled else None,
            prompts=plan.prompts,
            unclipped=unclipped,
            drawn=asked,
        )

    return metrics, look


def own_reference(recipe, images, options=None):
    """The data of a run as its reference; `options` change split, extractor and its weights."""
    parts = [ImageSet.of(part, MOST_REAL) for part in (images.train, images.test)]
    if options is None:
        return Reference.of(*parts, recipe.evaluation.extractor)
    if options.split == "all":
        raise UserError(
            "A run is measured against its train or its test images. Received: --split all, which "
            "is for --against."
        )
    if options.split == "test":
        parts.reverse()
    name = recipe.evaluation.extractor if options.extractor == "auto" else options.extractor
    return Reference.of(*parts, name, options.extractor_weights)
