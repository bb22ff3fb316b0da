"""What `evaluate` was given: a run, a folder of images, or an archive. Loads nothing heavy."""

import os
from pathlib import Path

from app.errors import UserError
from app.run import Run
from app.run_folders import known


def kind_of(subject, runs="runs"):
    """Returns "run", "folder" or "archive".

    Args:
        subject: run id, a beginning of it, a path of a run, a folder or an .npz file.
        runs: folder of all runs; a run of that id goes before a folder of that name.

    Raises:
        UserError: it is none of these.

    Example:
        ```python
        kind_of("samples.npz")  # "archive"
        ```
    """
    path = Path(os.path.expanduser(subject))
    is_run = subject in known(runs) or (path / "manifest.json").is_file()
    if subject and not is_run:
        if path.is_dir():
            return "folder"
        if path.suffix == ".npz":
            return "archive"
        if path.is_file():
            raise UserError(
                f"Images are measured in a folder or in an .npz archive. Received: the file {path}."
            )
        if len(path.parts) > 1:
            raise UserError(f"There is no run, folder of images or .npz file {path}.")
    Run.open(subject, runs)
    return "run"
