"""The command line: finds the verb, parses its options, prints errors as sentences.

No logic lives here, and nothing heavy is imported before a verb runs: help answers at once.
"""

import os
import sys

import tyro

from app.backend import check_backend, start_backend
from app.errors import UserError, sentence
from app.options import (
    UI,
    Audit,
    Compare,
    DataSets,
    Evaluate,
    Export,
    Recipes,
    Reproduce,
    Resume,
    Sample,
    Sync,
    Train,
)
from app.options.training import defaults_beside
from app.recipes import RECIPES, load_recipe
from app.tasks import task_of


def _train(arguments, program):
    if not arguments or arguments[0] in ("-h", "--help"):
        print(
            f"usage: {program} RECIPE [options]     trains; RECIPE --help shows its options\n"
            f"       {program} --resume RUN         goes on with a stopped run\n\n"
            f"RECIPE is a name or a Python file that defines RECIPE. Named recipes:\n"
            + "\n".join(f"  {name:35}{recipe.summary}" for name, recipe in RECIPES.items())
        )
        return
    first, *rest = arguments
    if first.startswith("--resume="):
        first, rest = "--resume", [first.removeprefix("--resume="), *rest]
    if first == "--resume":
        options = tyro.cli(Resume, args=rest, prog=f"{program} --resume")
        _open(options)
        start_backend()
        from app.train import resume

        resume(options.run, options.runs, options.data_directory)
        return
    if first.startswith("-"):
        raise UserError(
            f"No recipe {first!r}: the recipe comes first and its options after it, as in: "
            "train digits --dry-run."
        )
    if "--resume" in rest:
        raise UserError("A run goes on with its own recipe: train --resume RUN, without another.")
    recipe = load_recipe(first)
    options = tyro.cli(
        Train,
        default=Train(recipe=defaults_beside(recipe, rest)),
        args=rest,
        prog=f"{program} {first}",
        description=f"{recipe.summary} Defaults shown are those of the recipe.",
        config=(tyro.conf.AvoidSubcommands,),
    )
    start_backend()
    if options.dry_run:
        from app.dry_run import dry_run

        dry_run(options.recipe)
        return
    from app.train import train

    train(options.recipe, root=options.runs)


def _open(options, reference=None):
    """Finds the run before a backend is started: an unknown id is answered at once."""
    from app.run import Run

    return Run.open(reference or options.run, options.runs)


def _sample(options):
    _open(options)
    start_backend()
    if options.images or options.strips:
        from app.drawing.edit import edit

        edit(options)
        return
    from app.drawing.attribute_control import measure_asked
    from app.drawing.sample import sample

    drawn = sample(options)
    if options.classifier:
        measure_asked(*drawn)


def _evaluate(options):
    from app.measuring.subject import kind_of

    kind = kind_of(options.subject, options.runs)
    if kind == "run":
        run = _open(options, options.subject)
        options.check_kind(run.kind)
        start_backend()
        task_of(run.kind).evaluate(run, options)
        return
    options.check_kind(kind)
    start_backend()
    from app.measuring.evaluate import evaluate_images

    evaluate_images(options)


def _export(options):
    run = _open(options)
    start_backend()
    task_of(run.kind).export(run, options)


def _reproduce(options):
    start_backend()
    from app.reproduce import reproduce

    reproduce(
        options.table,
        options.budget,
        options.seeds,
        options.data_directory,
        options.runs,
        options.results,
        options.hours or (3.0 if options.budget == "cpu" else None),
    )


def _audit(options):
    _open(options)
    start_backend()
    from app.audit import audit

    audit(options.run, options.folds, options.show, root=options.runs)


def _compare(options):
    from rich.console import Console

    from app.compare import compare

    found = compare(options.run_ids, as_json=options.json, root=options.runs)
    if options.json:
        print(found)
    else:
        Console(soft_wrap=True).print(found)


def _sync(options):
    from app.tracking import sync

    run = _open(options)
    print(f"MLflow run {sync(run)} holds all of {run.id}.")


def _recipes(options):
    for name, recipe in RECIPES.items():
        print(f"{name:35}{recipe.summary}")


def _data(options):
    from rich.console import Console

    from app.data.sources import describe
    from app.reports.tables import data_table

    Console(soft_wrap=True).print(data_table(describe(options.directory)))


def _ui(options):
    start_backend()
    from app.tracking import ui

    ui(options.port)


VERBS = {
    "train": (_train, None, "Train a recipe; sample, measure and export what came out."),
    "sample": (_sample, Sample, "Draw images from a run."),
    "evaluate": (_evaluate, Evaluate, "Measure a run, a folder or an archive."),
    "export": (_export, Export, "Write SavedModels of a run."),
    "reproduce": (_reproduce, Reproduce, "Run a table of a paper again and check its claims."),
    "audit": (_audit, Audit, "Find training images whose labels look wrong."),
    "compare": (_compare, Compare, "Show how runs differ."),
    "sync": (_sync, Sync, "Upload a run to MLflow."),
    "recipes": (_recipes, Recipes, "List the named recipes."),
    "data": (_data, DataSets, "List the data sets."),
    "ui": (_ui, UI, "Open the MLflow UI."),
}


def main(arguments=None):
    """Runs one verb; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    program = "python -m app"
    if not arguments or arguments[0] in ("-h", "--help"):
        print(f"usage: {program} VERB [options]     VERB --help shows its options\n")
        print("\n".join(f"  {verb:10}{help_}" for verb, (_, _, help_) in VERBS.items()))
        return 0 if arguments else 2
    verb, *rest = arguments
    try:
        if verb not in VERBS:
            raise UserError(f"No verb {verb!r}. Verbs: {', '.join(VERBS)}.")
        check_backend()
        function, options, _ = VERBS[verb]
        if options is None:
            function(rest, f"{program} {verb}")
        else:
            function(tyro.cli(options, args=rest, prog=f"{program} {verb}"))
    except KeyboardInterrupt as stop:
        print(str(stop) or "Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0
    except Exception as error:  # whatever it is, the user reads a sentence
        if os.environ.get("NOISEWISE_DEBUG"):
            raise
        print(f"error: {sentence(error)}", file=sys.stderr)
        return 2
    return 0
