"""Kinds of experiment: data, model, what is watched, what is left behind; one module a kind.

A task module has `prepare(recipe) -> Parts`, `untrained(recipe, parts) -> model`,
`facts(recipe, parts)` (its fields of the manifest), `batches(recipe, parts)` (training and
validation), `watchers(run, recipe, parts, averages, mirror)` and
`finish(run, recipe, parts, model, averages)`. `train` and `train --resume` need no more.
"""

from app.tasks import adaptation, classification, diffusion

TASKS = {"diffusion": diffusion, "classification": classification, "adaptation": adaptation}
