"""Kinds of experiment: data, model, what is watched, what is left behind; one module a kind.

A task module has `prepare(recipe) -> Parts`, `untrained(recipe, parts) -> model`,
`facts(recipe, parts)` (its fields of the manifest), `batches(recipe, parts)` (training and
validation), `watchers(run, recipe, parts, averages, mirror)` and
`finish(run, recipe, parts, model, averages)`. `train` and `train --resume` need no more.
"""

import importlib


def task_of(kind):
    """The module of a kind of recipe; the others, with what they need, are not imported.

    Args:
        kind: "diffusion", "classification" or "adaptation".
    """
    return importlib.import_module(f"app.tasks.{kind}")
