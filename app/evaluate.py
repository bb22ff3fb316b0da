"""The verb `evaluate`: measures a run, a folder or an archive; writes table, JSON and figures."""

import json
from dataclasses import asdict, replace

from app.attribute_control import (
    conditional_on_attributes,
    draw_by_attributes,
    judge_for,
    real_attributes,
)
from app.build.data import build_data
from app.build.prompts import class_prompts
from app.data.channels import like
from app.data.image_set import ImageSet, class_numbers, open_images
from app.errors import UserError
from app.files import write_atomically
from app.illustrate import illustrate
from app.metrics.evaluation import scores_of
from app.metrics.feature_cache import FeatureCache
from app.metrics.feature_pass import FeaturePass
from app.metrics.plan import Plan
from app.progress import bar, console
from app.reference import Reference, open_reference
from app.reports.tables import scores_table
from app.run import Run
from app.sample import draw_parts, sample_options
from app.tracking import Mirror
from app.trained import load_trained

FEWEST = 16  # images; of fewer no distance means anything
MOST_REAL = 60_000  # real images of a run measured against; more are streamed sets cut off
SAMPLES = 2000  # images drawn where no number is given
OWN_COUNT = "attribute_"  # scores of images drawn for themselves


def evaluate_run(run, options):
    """The `evaluate` verb on a run of kind diffusion: `options` as in `app.options.Evaluate`."""
    samples = asked_samples(options)
    recipe, model = load_trained(run, options.weights)
    images = build_data(recipe)
    reference = asked_reference(recipe, images, options)
    scores = evaluate(
        run,
        recipe,
        images,
        model,
        samples,
        weights=options.weights,
        reference=reference,
        metrics=names_of(options.metrics),
        prompt=options.prompt,
        keep=True,
    )
    Mirror(run, say=console.print).push(everything=True)
    return scores


def evaluate(
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
    return _finish(run, seen, reference, metrics, {"weights": weights}, keep)


def measuring(
    run, recipe, images, model, samples, reference, metrics=None, prompt=None, drawn=None
):
    """Checks what can be measured of a run before anything is drawn.

    Arguments are those of `evaluate`, the reference a `Reference`.

    Returns:
        (metrics, look): names of the metrics, and the function of a `Draw` that draws it with the
        weights that are then in the model (or calls `drawn`), and returns the `FeaturePass` of
        what was drawn.

    Raises:
        UserError, ValueError: as `evaluate`.
    """
    shape, trained = images.train.image_shape, ImageSet.of(images.train, MOST_REAL)
    if reference.real is not None and reference.real.digest == trained.digest:
        trained = reference.real
    if shape[2] > reference.shape[2]:
        raise UserError(
            f"Run {run.id} draws in colour, and the reference ({reference.words}) is grey. Give "
            "another --against."
        )
    numbers = class_numbers(images.train.class_names, reference.class_names)
    labelled = model.conditional and numbers is not None
    plan = _plan(samples, shape, reference, prompt, labelled)
    measured = drawn is None and judge_for(model) is not None
    plan = replace(plan, training_shape=shape, by_attributes=measured)
    metrics = plan.chosen(metrics)
    channels = reference.shape[2]
    by_attributes = "attribute_control" in metrics

    def look(request):
        if drawn is None:
            named = conditional_on_attributes(model)
            rows = real_attributes(images.train, samples) if named else None
            name = f"evaluation-{request.digest}"
            generated, labels = draw_parts(run, model, request, name, rows)
        else:
            generated, labels = drawn()
        asked = draw_by_attributes(run, recipe, model, request.weights) if by_attributes else None
        return _pass(
            like(generated, channels, run.id),
            reference,
            training=like(trained.images, channels, trained.name),
            labels=numbers[labels] if labelled else None,
            prompts=plan.prompts,
            drawn=asked,
        )

    return metrics, look


def evaluate_images(options):
    """The `evaluate` verb on a folder or an archive; what it finds is a run of its own kind."""
    if not options.against:
        raise UserError(
            "Images are measured against real ones: pass --against with a data set, a folder or an "
            ".npz file, like --against mnist."
        )
    if options.samples is not None:
        _enough(options.samples)
    generated = open_images(options.subject, options.skip_damaged, bar)
    if generated.skipped:
        console.print(
            f"{len(generated.skipped)} damaged files were left out: {generated.skipped[0]}"
            + (" and others." if len(generated.skipped) > 1 else ".")
        )
    _enough(len(generated), f"'{options.subject}' must hold {FEWEST} images or more.")
    generated = generated.sample(options.samples or len(generated))
    reference = open_reference(options, console.print, bar)
    images = like(generated.images, reference.shape[2], generated.name)
    numbers = class_numbers(generated.class_names, reference.class_names)
    labels = None if numbers is None else numbers[generated.labels]
    plan = _plan(len(images), images.shape[1:], reference, options.prompt, labels is not None)
    metrics = plan.chosen(names_of(options.metrics))
    name, version = reference.words.split(",")[0], "1"
    run = Run.create(
        generated.name,
        asdict(options),
        "evaluation",
        root=options.evaluations,
        dataset={"name": name, "version": version, "digest": reference.digest},
        subject={"name": generated.name, "digest": generated.digest, "count": len(generated)},
    )
    with Mirror(run, say=console.print):
        seen = _pass(images, reference, labels=labels, prompts=plan.prompts)
        return _finish(run, seen, reference, metrics)


def asked_reference(recipe, images, options):
    """The reference that the options of `evaluate` ask for, of a run."""
    if options.against:
        return open_reference(options, console.print, bar)
    return own_reference(recipe, images, options)


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


def _plan(count, shape, reference, prompt, labelled):
    """What is known of an evaluation before it begins."""
    return Plan(
        count=count,
        shape=tuple(shape[:2]) + (reference.shape[2],),
        extractor=reference.extractor,
        reference_count=reference.count,
        reference_shape=None if reference.real is None else reference.shape,
        labelled=labelled,
        prompts=class_prompts(reference.class_names, prompt) or None,
    )


def _pass(images, reference, **fields):
    """The one pass of all sets of images through the extractor, from the cache where it is there.

    Args:
        images: what is measured.
        reference: the `Reference`.
        **fields: more of the `FeaturePass`.
    """
    real, held_out = reference.real, reference.held_out
    return FeaturePass(
        images=images,
        reference=None if real is None else real.images,
        extractor=reference.extractor,
        held_out=None if held_out is None else held_out.images,
        held_out_labels=None if held_out is None else held_out.labels,
        description=reference.words,
        cache=FeatureCache(say=console.print, bar=bar),
        known=reference.statistics,
        **fields,
    )


def _finish(run, seen, reference, metrics, facts=None, keep=False):
    """Measures; leaves scores.json and figures in a run folder, and the table on the screen."""
    scores = scores_of(seen, metrics)
    path = run.path("scores.json")
    records = {name: {**score.as_dict(), **(facts or {})} for name, score in scores.items()}
    if keep:
        records = {**_kept(path, facts, len(seen.images)), **records}
    write_atomically(path, json.dumps(records, indent=2))
    illustrate(run, seen, scores, reference.class_names)
    console.print(scores_table(scores))
    console.print(f"scores and figures: {run.folder}")
    return scores


def _kept(path, facts, samples):
    """Scores that an earlier evaluation left of the same weights and number of images."""
    try:
        old = json.loads(path.read_text(encoding="utf-8")).items()
        return {
            name: record
            for name, record in old
            if facts.items() <= record.items()
            and (name.startswith(OWN_COUNT) or record.get("samples") == samples)
        }
    except (OSError, ValueError, TypeError, AttributeError):  # none yet, or damaged
        return {}


def names_of(metrics):
    """The names of the metrics asked for, or None."""
    return None if metrics is None else [name.strip() for name in metrics.split(",")]


def asked_samples(options):
    """The number of images that the options of `evaluate` ask for, of a run."""
    return _enough(SAMPLES if options.samples is None else options.samples)


def _enough(samples, wanted=f"`--samples` must be {FEWEST} or more."):
    """The number of images, or a sentence if it is too small to measure."""
    if samples < FEWEST:
        raise UserError(f"{wanted} Received: {samples}.")
    return samples
