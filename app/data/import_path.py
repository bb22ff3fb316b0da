"""Objects of the user's own by import path, `my_module:name`."""

import importlib
import sys
from pathlib import Path

from app.errors import UserError, first_line


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
    except (Exception, SystemExit) as error:  # an import can fail in any way
        raise UserError(
            f"Could not import {path!r}: {type(error).__name__}: {first_line(error)}. Start in "
            "the folder of the module, or set PYTHONPATH."
        ) from error
