"""The run folder: everything a run was, is and made, on disk under `runs/<id>/`.

MLflow holds a copy of it (`app.tracking`), never the only one. Importing this module is quick: it
loads neither keras nor mlflow.
"""

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path

from app.errors import UserError
from app.files import append_row, read_rows, write_atomically, write_rows, writing
from app.run_folders import STATUSES, VERSION, find, new_folder, read_manifest


class Run:
    """One run: its folder, its manifest, its metrics.

    Make one with `Run.create` where work starts, get it back with `Run.open` later. As a context
    manager it leaves the right status behind: finished, stopped (Ctrl-C) or failed (an exception).

    Attributes: `id`, `folder`, `manifest` (dict), and `recipe`, `kind`, `status`, `config` read
    from it.

    Example:
        ```python
        with Run.create("digits", {"epochs": 3}, "diffusion") as run:
            run.log({"loss": 0.3}, step=0)
        Run.open(run.id).metrics()  # [{"step": 0, "loss": 0.3}]
        ```
    """

    def __init__(self, folder, manifest):
        self.folder = Path(folder)
        self.manifest = manifest
        self.id = manifest["id"]

    def __repr__(self):
        return f"Run({self.id!r}, {self.status})"

    @classmethod
    def create(cls, recipe, config, kind, root="runs", environment=None, **fields):
        """Makes the folder of a new run and writes its manifest and `config.json`.

        Args:
            recipe: name of the recipe, or the path of a user's own recipe file.
            config: the resolved configuration, a (nested) dictionary for JSON.
            kind: that of its recipe, like "diffusion".
            root: folder that holds the runs.
            environment: what `app.machine.environment.facts()` returns; asked for when None.
            **fields: more of the manifest, e.g. `dataset={"name", "version", "digest"}`,
                `seeds={"training": 1}`.

        Raises:
            UserError: the folder cannot be written.
        """
        if environment is None:
            from app.machine.environment import facts

            environment = facts()
        folder = new_folder(Path(root), recipe)
        manifest = {
            "version": VERSION,
            "id": folder.name,
            "kind": kind,
            "recipe": str(recipe),
            "status": "running",
            "reason": None,
            "created": _now(),
            "ended": None,
            "paused": 0.0,
            **environment,
            "dataset": None,
            "seeds": None,
            "mlflow": None,
            **fields,
        }
        run = cls(folder, manifest)
        write_atomically(folder / "config.json", json.dumps(config, indent=1, default=str) + "\n")
        run._save()
        return run

    @classmethod
    def open(cls, reference, root="runs"):
        """Finds a run again by its path, its id, a unique beginning of it, or its MLflow run id.

        Raises:
            UserError: no such run, several that begin so, or a manifest that cannot be read.
        """
        return cls(folder := find(reference, root), read_manifest(folder))

    @property
    def name(self):
        """What finds it again on the command line: its id, or its path if it is not in runs/."""
        return self.id if self.folder.parent == Path("runs") else str(self.folder)

    @property
    def recipe(self):
        """Name of the recipe."""
        return self.manifest["recipe"]

    @property
    def kind(self):
        """Kind of task: that of its recipe, like "diffusion"."""
        return self.manifest["kind"]

    @property
    def status(self):
        """One of `STATUSES`."""
        return self.manifest["status"]

    @property
    def config(self):
        """The resolved configuration as a dictionary, read from `config.json`."""
        path = self.folder / "config.json"
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise UserError(
                f"Cannot read the configuration {path}: {error}. Restore it from a copy, or from "
                "the artifacts of the run in MLflow."
            ) from error

    @property
    def minutes(self):
        """Minutes from its begin to its end, without those it was stopped; None before its end."""
        if self.manifest["ended"] is None:
            return None
        whole = _seconds(self.manifest["created"], self.manifest["ended"])
        return (whole - self.manifest.get("paused", 0.0)) / 60

    def path(self, *parts):
        """Returns a path inside the run folder; the folder it lies in is there afterwards."""
        path = self.folder.joinpath(*parts)
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def update(self, **fields):
        """Changes fields of the manifest, those that another process changed are kept."""
        self.manifest = {**read_manifest(self.folder), **fields}
        self._save()

    def set_status(self, status, reason=None):
        """Records how the run stands; every status but "running" also records the end.

        A run that goes on adds the seconds since its end to `paused` of its manifest.

        Args:
            status: one of "running", "finished", "stopped", "failed".
            reason: one sentence why, for stopped and failed runs.
        """
        if status not in STATUSES:
            raise ValueError(f"`status` must be one of {STATUSES}. Received: {status!r}")
        now, before = _now(), self.manifest["ended"]
        ended = None if status == "running" else now
        paused = self.manifest.get("paused", 0.0)
        if before and not ended:
            paused += _seconds(before, now)
        self.update(status=status, reason=reason, ended=ended, paused=paused)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        self.end(error)

    def end(self, error=None):
        """Sets the final status of a run that still counts as running; `error` ended it, if any.

        Where a disk is too full even for the status, it is the first error that is told.
        """
        if self.status != "running":
            return
        if error is None:
            self.set_status("finished")
            return
        with contextlib.suppress(UserError):
            if isinstance(error, KeyboardInterrupt):
                self.set_status("stopped", "Ctrl-C")
            else:
                self.set_status("failed", f"{type(error).__name__}: {error}"[:1000])

    def log(self, metrics, step):
        """Appends metrics of one step (an epoch, as Keras counts them: from 0) to `metrics.jsonl`.

        Args:
            metrics: {name: number}; "step" and "time" are not free as names.
            step: int, the epoch.
        """
        if taken := {"step", "time"} & set(metrics):
            raise ValueError(f"A metric must not be called {sorted(taken)}. Rename it.")
        numbers = {name: float(value) for name, value in metrics.items()}
        append_row(self.path("metrics.jsonl"), {"step": int(step), **numbers})

    def rows(self):
        """The lines of `metrics.jsonl` as written: dicts of `step`, `time` (ms since 1970), ..."""
        return read_rows(self.folder / "metrics.jsonl")

    def metrics(self):
        """One dictionary {"step", name: number} a step, in order of steps; later rows win."""
        steps = {}
        for row in self.rows():
            row.pop("time")
            steps.setdefault(row["step"], {}).update(row)
        return [steps[step] for step in sorted(steps)]

    def rewind(self, step):
        """Drops the metrics of `step` and after it: what a resumed run will compute again."""
        rows = self.rows()
        kept = [row for row in rows if row["step"] < step]
        if len(kept) < len(rows):
            write_rows(self.folder / "metrics.jsonl", kept)

    def disk_use(self):
        """Bytes used by each file or folder at the top of the run folder, and their "total"."""
        use = {}
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                top = path.relative_to(self.folder).parts[0]
                use[top] = use.get(top, 0) + path.stat().st_size
        return {**use, "total": sum(use.values())}

    def _save(self):
        """Writes the manifest."""
        text = json.dumps(self.manifest, indent=1, default=str) + "\n"
        write_atomically(self.folder / "manifest.json", text)


def _now():
    """The time in ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _seconds(begin, end):
    """Seconds between two times in ISO 8601."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()
