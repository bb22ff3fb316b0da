"""How long the children of a table will take: each distinct setting is timed once, here."""

from app.config import AnyRecipe
from app.dry_run import attributes_of, drawn_after_training, seconds_a_drawing, timed
from app.progress import bar
from app.reproductions.measured import Measured, config_of

REST = 30.0  # seconds of a run outside training and drawing: start, measuring, export, upload
LEFT_OUT = (  # parts of a configuration that change no step's length
    *("epochs", "samples", "score_samples", "score_every", "sample_every", "score_real"),
    *("seed", "directory", "schedule", "steps", "noise", "evaluation", "sampling"),
)


def forecast(children):
    """Seconds each child will take.

    Settings that differ in names, seeds and numbers that change no step's length (epochs, counts
    of images, weights of losses) are timed together. A step of training and one evaluation of the
    network while drawing are timed for each setting; the rest is multiplied out.

    Args:
        children: {key: recipe or `Measured`}.

    Returns:
        {key: float seconds}.
    """
    recipes, distinct, known, found = {}, {}, {}, {}
    for key, child in children.items():
        recipes[key] = recipe = child.base if isinstance(child, Measured) else child
        distinct.setdefault(_setting(recipe), recipe)
    with bar("timing a few steps of each setting", len(distinct)) as finished:
        for setting, recipe in distinct.items():
            known[setting] = _timed(recipe)
            finished(len(known))
    for key, child in children.items():
        recipe = recipes[key]
        step, steps, drawing, attributes = known[_setting(recipe)]
        if isinstance(child, Measured):
            # A classifier's gradient costs three evaluations more; unasked images are drawn too.
            times = 5 if child.classifier else 1
            found[key] = REST + times * drawing * child.drawn_by.evaluations * child.samples
        else:
            training = step * steps * recipe.training.epochs
            found[key] = REST + training + drawing * _drawn(recipe, attributes)
    return found


def _setting(recipe):
    """What decides the length of a step of a recipe."""
    return repr(_structure({**config_of(recipe), "name": None, "summary": None}))


def _timed(recipe):
    """Seconds a training step, steps an epoch, seconds an image and evaluation, attributes."""
    _, model, step, steps = timed(recipe)
    if recipe.kind != "diffusion":
        return step, steps, 0.0, 0
    return step, steps, seconds_a_drawing(model, recipe), attributes_of(model)


def _structure(values):
    """A configuration without what changes no step's length; broken numbers as zero or not."""
    if isinstance(values, dict):
        return {k: _structure(value) for k, value in values.items() if k not in LEFT_OUT}
    return bool(values) if isinstance(values, float) else values


def _drawn(recipe: AnyRecipe, attributes):
    """Evaluations of the network for all that a run of this recipe draws, times images."""
    if recipe.kind != "diffusion":
        return 0
    watching, training = recipe.watching, recipe.training
    kinds = 1
    if watching.score_weights == "all":
        kinds += bool(training.ema_decay) + (training.swa_start_epoch is not None)
    images = watching.samples * _times(watching.sample_every, training.epochs)
    images += kinds * watching.score_samples * _times(watching.score_every, training.epochs)
    return images * recipe.sampling.evaluations + drawn_after_training(recipe, attributes)


def _times(every, epochs):
    """How often something happens that happens after the first, every N-th and the last epoch."""
    return len({1, epochs, *range(every, epochs + 1, every)}) if every else 0
