"""`evaluate RUN --steps ... --samplers ... --guidances ...`: steps against quality."""

import itertools

from app.config.readers import drawn_with, reads
from app.drawing.sample import first_images
from app.errors import UserError
from app.measuring.trials import Trial, run_trials
from app.progress import console
from app.reports.figures import draw_into_run
from app.reports.tables import trials_table
from app.reports.trial_figures import guidance_figure, steps_figure
from app.tracking import Mirror
from app.trained import recipe_of

SHOWN = 10  # images in a cell of the picture grid


def compare_steps(run, options):
    """Scores every combination of sampler, number of steps and guidance.

    A setting, like eta, goes to the samplers that read it, and stands in the names of their rows.

    Leaves in the run: steps.json, steps.csv, figures/steps.png (curves), and for each sampler
    figures/steps-SAMPLER.png (pictures of the same seed and labels, guidance by steps).

    Args:
        run: a `Run` of kind diffusion.
        options: as in `app.options.Evaluate`.

    Raises:
        UserError, ValueError: a combination that cannot be drawn; said before any is.
    """
    trials = grid(recipe_of(run), options)
    rows, requests = run_trials(run, trials, options, "steps")
    draw_into_run(run, "steps", steps_figure, rows)
    for sampler in dict.fromkeys(row["sampler"] for row in rows):
        cells = [
            (row, first_images(run, f"evaluation-{request.digest}", SHOWN))
            for row, request in zip(rows, requests, strict=True)
            if row["sampler"] == sampler
        ]
        name = sampler.replace(", ", "-").replace(" ", "-")
        draw_into_run(run, f"steps-{name}", guidance_figure, cells)
    console.print(trials_table(rows, "Steps against quality"))
    console.print(f"tables and figures: {run.folder} (steps.json, steps.csv, figures/steps*.png)")
    Mirror(run, say=console.print).push(everything=True)
    return rows


def grid(recipe, options):
    """The trials that the options ask for, each checked against the recipe.

    Raises:
        UserError: a list that is none, or a combination that cannot be drawn.
    """
    sampling = recipe.sampling
    lists = {
        "sampler": _listed("samplers", options.samplers, str, sampling.sampler),
        "steps": _listed("steps", options.steps, int, sampling.steps),
        "guidance": _listed("guidances", options.guidances, float, sampling.guidance),
    }
    settings = _settings(lists["sampler"], options.settings.changes)
    trials = []
    for values in itertools.product(*lists.values()):
        changes = dict(zip(lists, values, strict=True))
        own = settings[changes["sampler"]]
        try:
            changed = drawn_with(recipe, **changes, **own).sampling
        except ValueError as error:
            raise UserError(
                f"The combination {_words({**changes, **own})} cannot be drawn: {error}"
            ) from error
        others = {name: v for name, v in own.items() if v != getattr(sampling, name)}
        trials.append(Trial(options.weights, changed, _words(others)))
    return trials


def _settings(samplers, settings):
    """The settings that each sampler reads; those that none reads stay with all, to be refused."""
    readers = {name: [each for each in samplers if reads(each, name)] for name in settings}
    return {
        each: {n: value for n, value in settings.items() if each in (readers[n] or samplers)}
        for each in samplers
    }


def _words(changes):
    """Names and values with commas between them: "eta 0.5, steps 20"."""
    return ", ".join(f"{name} {value}" for name, value in changes.items())


def _listed(name, text, kind, default):
    """The values of an option with commas, in order, each once."""
    if text is None:
        return [default]
    try:
        values = [kind(part.strip()) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise UserError(
            f"`--{name}` takes {'whole ' if kind is int else ''}numbers with commas between them. "
            f"Received: {text}."
        ) from error
    if not values:
        raise UserError(f"`--{name}` takes values with commas between them. Received: {text!r}.")
    return list(dict.fromkeys(values))
