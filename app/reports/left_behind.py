"""What every run leaves on disk and on the screen at its end: scores, and where things are."""

import contextlib
import json

from app.files import write_atomically
from app.progress import console
from app.reports.tables import scores_table


def leave_scores(run, scores, folder="."):
    """Writes Scores, by name, into scores.json of a folder of a run, their table onto the screen.

    Scores of other names, which another verb left there, stay.
    """
    path, values = run.path(folder, "scores.json"), {}
    with contextlib.suppress(OSError, ValueError, TypeError):  # none yet, or damaged
        values = dict(json.loads(path.read_text(encoding="utf-8")))
    values |= {name: score.as_dict() for name, score in scores.items()}
    write_atomically(path, json.dumps(values, indent=2))
    console.print(scores_table(scores))


def say_where(run, **places):
    """Prints the id of a run, where things are (by name, underscores as spaces), its disk use."""
    megabytes = run.disk_use()["total"] / 1e6
    lines = {"run id": run.id, **places, "disk use": f"{megabytes:.0f} MB in {run.folder}"}
    for name, value in lines.items():
        console.print(f"{name.replace('_', ' ') + ':':14}{value}")
