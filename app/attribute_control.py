"""Images of a run for each attribute asked for alone and each combination, and without asking."""

import re

import numpy as np

from app.config.readers import drawn_with
from app.diffusion.condition import AttributeCondition
from app.metrics.attribute_control import DrawnByAttributes
from app.metrics.digit_attributes import judge_of
from app.metrics.subsets import shuffled
from app.reports.attribute_figures import attribute_rows_figure, with_and_without_figure
from app.reports.figures import draw_into_run
from app.sample import Draw, draw_parts


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


def real_attributes(dataset, count):
    """Attribute vectors of real images for `count` generated ones: at random, then in turn.

    What is measured against real images must be asked for what those show, in their shares.

    Args:
        dataset: a Dataset with attributes, also a streamed one, of which the first are taken.
        count: int.
    """
    vectors = dataset.first(min(len(dataset), count)).labels if dataset.streamed else dataset.labels
    return vectors[shuffled(np.arange(len(vectors)))[np.arange(count) % len(vectors)]]
