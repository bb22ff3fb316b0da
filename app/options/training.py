"""The options of `train`."""

from dataclasses import dataclass
from typing import Annotated

import tyro

from app import config
from app.options.common import Positional, RunId

Prefixless = tyro.conf.arg(name="")


@dataclass(frozen=True, kw_only=True)
class Train:
    """Options of `train` beside the recipe's own."""

    recipe: Annotated[config.AnyRecipe, Prefixless]
    dry_run: bool = False
    """Print the resolved recipe, its parameters and an estimate of time, memory and disk; stop."""
    runs: str = "runs"
    """Folder of all runs."""


@dataclass(frozen=True)
class Resume:
    """Goes on with a stopped run, exactly where its last checkpoint left it."""

    run: Positional[RunId]
    """Run id, a unique beginning of it, a path, or the MLflow run id."""
    runs: str = "runs"
    """Folder of all runs."""
