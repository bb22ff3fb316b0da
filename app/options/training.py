"""The options of `train`."""

from dataclasses import dataclass
from typing import Annotated

import tyro

from app import config
from app.config.readers import READ_BY, without_unread
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


def defaults_beside(recipe, arguments):
    """The recipe as the default of the options, without what other choices among them do not read.

    With `--sampling.sampler dpm_solver` the recipe's eta, which is DDIM's, is left out; an eta
    among the arguments is refused when the options are read.

    Args:
        recipe: a recipe of any kind.
        arguments: list of str, as the command line has them.
    """
    choices = {reader for _, reader, _ in READ_BY.values()}
    words = [word for argument in arguments for word in argument.split("=", 1)]
    given = {}
    for word, following in zip(words, words[1:], strict=False):
        name = word.removeprefix("--").replace("-", "_")
        if word.startswith("--") and name in choices:
            given[name] = "" if following.startswith("--") else _number(following)
    return without_unread(recipe, given)


def _number(text):
    """A text as a number where it is one."""
    try:
        return float(text)
    except ValueError:
        return text


@dataclass(frozen=True)
class Resume:
    """Goes on with a stopped run, exactly where its last checkpoint left it."""

    run: Positional[RunId]
    """Run id, a unique beginning of it, a path, or the MLflow run id."""
    data_directory: str | None = None
    """Folder of the same data sets (TFDS data_dir), where they lay elsewhere before."""
    runs: str = "runs"
    """Folder of all runs."""
