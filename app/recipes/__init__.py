"""Named configurations: each file one family, its header says source, command, time and result."""

import difflib
import runpy
from pathlib import Path

from app.config import Adaptation, AnyRecipe, Classification, Recipe
from app.errors import UserError
from app.recipes import (
    adaptation,
    cifar10,
    continuous,
    digits,
    mnist,
    mnist_noise,
    mnist_small,
    noisy_labels,
    transformer,
)

DIFFUSION = (mnist_small, continuous, digits, mnist, mnist_noise, cifar10, transformer)
RECIPES = {
    recipe.name: recipe
    for module in (*DIFFUSION, noisy_labels, adaptation)
    for recipe in module.RECIPES
}


def load_recipe(name: str) -> AnyRecipe:
    """The recipe of that name, or the `RECIPE` that a Python file defines.

    Raises:
        UserError: unknown name, or a file that is missing, fails, or defines no RECIPE.
    """
    if name in RECIPES:
        return RECIPES[name]
    if not name.endswith(".py"):
        close = difflib.get_close_matches(name, RECIPES, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise UserError(
            f"No recipe {name!r}.{hint} Known: {', '.join(RECIPES)}; or pass a Python file."
        )
    path = Path(name)
    if not path.is_file():
        raise UserError(f"No recipe file {name!r}. Check the path.")
    try:
        recipe = runpy.run_path(str(path)).get("RECIPE")
    except BaseException as error:  # whatever a user's file raises, also SystemExit
        if isinstance(error, KeyboardInterrupt):
            raise
        line = _line_in(error, path)
        raise UserError(
            f"The recipe file {name} failed{line}: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(recipe, (Recipe, Classification, Adaptation)):
        raise UserError(
            f"The recipe file {name} must define RECIPE, an app.config Recipe, Classification or "
            f"Adaptation. Received: {type(recipe).__name__}."
        )
    return recipe


def _line_in(error, path):
    """The line of the user's file at which it failed."""
    trace, line = error.__traceback__, getattr(error, "lineno", None)
    while trace:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f" at line {line}" if line else ""
