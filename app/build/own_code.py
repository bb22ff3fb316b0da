"""Code of the user's own: imported by its path, and named when it fails."""

import contextlib
import importlib
import sys
from pathlib import Path

from app import config
from app.errors import UserError, first_line


@contextlib.contextmanager
def own_code(network, doing, called):
    """Says whose code it was, and how it is called, when a network of the user's own fails."""
    try:
        yield
    except Exception as error:
        if isinstance(error, UserError) or not isinstance(network, config.CustomNetwork):
            raise
        raise UserError(
            f"The network {network.path} failed {doing}: {type(error).__name__}: "
            f"{first_line(error)}. It is called as {called}."
        ) from error


def imported(path: str):
    """The object at `module:name`, the current folder included.

    Raises:
        UserError: the path has no colon, or the module or name is not found or fails.
    """
    module, colon, name = path.partition(":")
    if not colon:
        raise UserError(f"Expected an import path module:name. Received: {path!r}.")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return getattr(importlib.import_module(module), name)
    except (Exception, SystemExit) as error:
        raise UserError(
            f"Could not import {path!r}: {type(error).__name__}: {first_line(error)}. Start in "
            "the folder of the module, or set PYTHONPATH."
        ) from error
