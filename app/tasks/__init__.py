"""Kinds of experiment: data, model, what is watched, what is left behind; one module a kind.

A task module has `prepare(recipe) -> Parts`, `untrained(recipe, parts) -> model`,
`facts(recipe, parts)` (its fields of the manifest), `batches(recipe, parts)` (training and
validation), `watchers(run, recipe, parts, averages, mirror)` and
`finish(run, recipe, parts, model, averages)`: `train` and `train --resume` need no more. The verbs
of a finished run are `evaluate(run, options)` and `export(run, options)`.
"""

import importlib

from app.errors import UserError

KINDS = ("diffusion", "classification", "adaptation", "noisy_classification")


def task_of(kind):
    """The module of a kind of recipe; the others, with what they need, are not imported.

    Args:
        kind: one of `KINDS`.

    Raises:
        UserError: runs of this kind train no model.
    """
    if kind not in KINDS:
        raise UserError(
            f"A run of the kind {kind} has no model. Give a run of {', '.join(KINDS)}. (A table "
            "goes on with the command that began it: reproduce TABLE.)"
        )
    return importlib.import_module(f"app.tasks.{kind}")
