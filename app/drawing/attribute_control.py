"""Images of a run by attributes, and of the same noise without asking: drawn, shown, measured."""

import re
from dataclasses import replace

import numpy as np

from app.build.sampling import unlabelled
from app.config.readers import drawn_with
from app.data.digit_attributes import judge_of
from app.data.subsets import shuffled
from app.diffusion.condition import AttributeCondition
from app.drawing.sample import Draw, draw_parts, record
from app.drawing.steering import Steered, Steering
from app.metrics.attribute_control import DrawnByAttributes, control_scores
from app.progress import console
from app.reports.attribute_figures import (
    attribute_rows_figure,
    control_figure,
    with_and_without_figure,
)
from app.reports.figures import draw_into_run
from app.reports.left_behind import leave_scores
from app.run import Run


def conditional_on_attributes(model):
    """Whether images are drawn from a model by attributes."""
    return isinstance(model.condition, AttributeCondition)


def judge_for(model):
    """The judge of a model's attributes, or None where nothing measures them in its images."""
    names = getattr(model.condition, "names", ())
    return judge_of(names, model.image_shape)


def draw_by_attributes(run, recipe, model, weights="best"):
    """Draws each attribute alone and each of `evaluation.attribute_rows`, asked and unasked.

    What was drawn before is read again. Image i of the asked ones and of the unasked ones has the
    same noise.

    Returns:
        `DrawnByAttributes`.
    """
    combinations = (*model.condition.names, *recipe.evaluation.attribute_rows)
    count = recipe.evaluation.attribute_samples
    asked = _draw(run, model, recipe.sampling, combinations, count, weights)
    free = drawn_with(recipe, guidance=0.0).sampling  # guidance of the null by itself
    unasked = _draw(run, model, free, ("any",) * len(combinations), count, weights)
    return DrawnByAttributes(combinations, asked, unasked, judge_for(model))


def _draw(run, model, sampling, combinations, count, weights):
    """uint8 images (combinations, count, height, width, channels)."""
    total = count * len(combinations)
    request = Draw(total, (), sampling, weights=weights, attributes=combinations)
    images, _ = draw_parts(run, model, request, f"attributes-{request.digest}")
    return images.reshape(count, len(combinations), *images.shape[1:]).swapaxes(0, 1)


def draw_attribute_figures(run, recipe, model):
    """figures/attributes.png, ten images a row; one figure an attribute, with and without it."""
    drawn = draw_by_attributes(run, recipe, model)
    draw_into_run(run, "attributes", attribute_rows_figure, drawn.asked, drawn.combinations)
    for number, combination in enumerate(drawn.combinations):
        name = "attribute-" + re.sub(r"[^\w-]+", "-", combination.replace(",", "-with-"))
        verdicts = drawn.verdicts and {key: row[number] for key, row in drawn.verdicts.items()}
        pair = drawn.asked[number], drawn.unasked[number]
        draw_into_run(run, name, with_and_without_figure, *pair, combination, verdicts)


def measure_asked(run, recipe, model, request):
    """Have the samples that a classifier of attributes guided what was asked for?

    Leaves attributes.png in their folder, a row a combination, and where the attributes can be
    measured scores.json and attribute_control.png: shares, beside those of the same noise without
    the classifier, which is drawn for them. Of other classifiers it measures nothing.

    Args:
        run: what was drawn from.
        recipe: its recipe, with the sampling of the request.
        model: its model.
        request: the `Draw` of the samples, with a classifier.
    """
    classifier = Run.open(request.steering.classifier, run.folder.parent)
    if classifier.manifest.get("attributes"):
        folder = f"samples/{request.folder}"
        leave_asked(run, *drawn_asked(run, recipe, model, request), folder, folder)
        console.print(f"rows of attributes, shares: {run.folder / folder}")


def drawn_asked(run, recipe, model, request):
    """Draws what a classifier asks for, and the same noise without it, where that is measured.

    Arguments are those of `measure_asked`.

    Returns:
        (rows, drawn): uint8 images {combination: (count, height, width, channels)}; and
        `DrawnByAttributes` of those that ask for something, or None where nothing measures them.
    """
    steered = Steered(request.steering, run, model)
    condition = steered.classifier.condition
    images, _ = draw_parts(run, model, request, request.folder, steered=steered)
    _, seen = steered.labels(request)
    combinations = dict.fromkeys(request.attributes or condition.names)
    places = {
        name: np.flatnonzero((seen == condition.vectors([name])).all(1)) for name in combinations
    }
    count = min(len(found) for found in places.values() if len(found))
    places = {name: found[:count] for name, found in places.items() if len(found)}
    rows = {name: images[found] for name, found in places.items()}
    names = tuple(name for name in places if name not in ("none", "any"))
    judge = judge_of(condition.names, model.image_shape)
    if judge is None or not names:
        return rows, None
    plain = without_classifier(request, recipe, model)
    record(run, plain)
    unasked = draw_parts(run, model, plain, plain.folder)[0]
    pair = (np.stack([part[places[name]] for name in names]) for part in (images, unasked))
    return rows, DrawnByAttributes(names, *pair, judge)


def leave_asked(run, rows, drawn, folder=".", figures="figures"):
    """Leaves what `drawn_asked` returned in folders of a run: attributes.png, scores, control."""
    stacked = np.stack(list(rows.values()))
    draw_into_run(run, "attributes", attribute_rows_figure, stacked, rows, folder=figures)
    if drawn is not None:
        scores = control_scores(drawn)
        leave_scores(run, scores, folder)
        draw_into_run(run, "attribute_control", control_figure, scores, folder=figures)


def without_classifier(request, recipe, model):
    """The `Draw` of the same noise with no attribute said, neither to the run nor a classifier."""
    off = {"classifier": None, "classifier_scale": 0.0, "classifier_labels": ()}
    steering = replace(request.steering, **off)
    changes = {"steering": None if steering == Steering() else steering, "attributes": ()}
    if conditional_on_attributes(model):
        changes["sampling"] = drawn_with(recipe, guidance=0.0).sampling  # of the null by itself
        if not unlabelled(request.labels):
            changes["attributes"] = ("any",)
    return replace(request, **changes)


def real_attributes(dataset, count):
    """Attribute vectors of real images for `count` generated ones: at random, then in turn.

    What is measured against real images must be asked for what those show, in their shares.

    Args:
        dataset: a Dataset with attributes, also a streamed one, of which the first are taken.
        count: int.
    """
    vectors = dataset.first(min(len(dataset), count)).labels if dataset.streamed else dataset.labels
    return vectors[shuffled(np.arange(len(vectors)))[np.arange(count) % len(vectors)]]
