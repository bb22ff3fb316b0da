"""The folders in `runs/`: a new one made, those there listed, one found again, its manifest read.

Importing this module is quick: it loads neither keras nor mlflow.
"""

import contextlib
import difflib
import json
import re
from datetime import UTC, datetime
from pathlib import Path

from app.errors import UserError
from app.files import writing

VERSION = 1
STATUSES = ("running", "finished", "stopped", "failed")


def find(reference, root="runs"):
    """Returns the folder of a run, by its path, its id, a beginning of it, or its MLflow run id.

    Raises:
        UserError: no such run, or several that begin so.
    """
    given, root = Path(reference).expanduser(), Path(root).expanduser()
    _check_root(root)
    if (given / "manifest.json").is_file():
        return given
    if given.is_dir() and given.parts and str(reference) not in known(root):
        raise UserError(
            f"The folder {given} is no run: it has no manifest.json. Give a folder that `train` "
            "made, or the id of a run."
        )
    ids = known(root)
    if str(reference) in ids:
        return root / str(reference)
    matches = [name for name in ids if reference and name.startswith(str(reference))]
    if len(matches) == 1:
        return root / matches[0]
    if matches:
        raise UserError(
            f"{len(matches)} runs begin with '{reference}': {', '.join(matches[:5])}. Give more "
            "of the id."
        )
    if re.fullmatch("[0-9a-f]{32}", str(reference)):
        for name in ids:
            with contextlib.suppress(UserError):
                mirror = read_manifest(root / name).get("mlflow") or {}
                if mirror.get("run_id") == str(reference):
                    return root / name
    close = difflib.get_close_matches(str(reference), ids, n=1, cutoff=0.5)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    newest = f" The newest: {', '.join(ids[:5])}." if ids else " There are none yet: train one."
    raise UserError(f"No run '{reference}' in {root}/.{hint}{newest}")


def known(root="runs"):
    """The ids of the runs in a folder, the newest first."""
    found = Path(root).expanduser().glob("*/manifest.json")
    return sorted((path.parent.name for path in found), reverse=True)


def new_folder(root, recipe):
    """Makes `root/<time>-<recipe>`; a second one in the same second gets -2, and so on."""
    stem = Path(recipe).stem if str(recipe).endswith(".py") else str(recipe)
    slug = re.sub("[^a-z0-9_]+", "-", stem.lower()).strip("-") or "run"
    root = Path(root).expanduser()
    base = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{slug[:100]}"
    _check_root(root)
    with writing(root / base):
        root.mkdir(parents=True, exist_ok=True)
        for number in range(1, 10_000):
            folder = root / (base if number == 1 else f"{base}-{number}")
            with contextlib.suppress(FileExistsError):
                folder.mkdir()
                return folder
    raise UserError(f"Cannot make a new run folder {root / base}: too many of that name.")


def read_manifest(folder):
    """Reads and checks the manifest of a run folder.

    Raises:
        UserError: it cannot be read, is damaged, or was written by newer code.
    """
    path = Path(folder) / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        version = int(manifest["version"])
        texts = [manifest[name] for name in ("id", "kind", "recipe", "status")]
        if not all(isinstance(text, str) and text for text in texts):
            raise ValueError("id, kind, recipe and status must be texts")
        if manifest["status"] not in STATUSES:
            raise ValueError(f"status must be one of {', '.join(STATUSES)}")
        for part in ("dataset", "seeds", "mlflow"):
            if not isinstance(manifest.get(part), (dict, type(None))):
                raise ValueError(f"{part} must be a dictionary")
    except OSError as error:
        raise UserError(f"Cannot read {path}: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"The manifest {path} is damaged ({type(error).__name__}: {error}). Restore it from a "
            "copy, or from the artifacts of the run in MLflow; the files beside it may be whole."
        ) from error
    if version > VERSION:
        raise UserError(
            f"{path} has version {version}, this code reads up to {VERSION}: update the code."
        )
    return manifest


def _check_root(root):
    """Refuses a file in the place of the folder of runs."""
    if root.exists() and not root.is_dir():
        raise UserError(f"Cannot write or read runs in {root}: it is a file. Pass another folder.")
