"""What every run leaves on disk and on the screen at its end: scores, and where things are."""

import contextlib
import json

from app.files import write_atomically
from app.progress import console
from app.reports.tables import scores_table


def leave_scores(run, scores, folder=".", facts=None, stays=lambda name, record: True):
    """Writes Scores, by name, into scores.json of a folder of a run, their table onto the screen.

    Args:
        run: a `Run`.
        scores: {name: Score}.
        folder: folder of the run.
        facts: more that is said of each of them, or None.
        stays: function (name, record) of a score that was there: whether it stays. Scores of the
            same names never do.
    """
    path, records = run.path(folder, "scores.json"), {}
    with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):  # none, or damaged
        there = json.loads(path.read_text(encoding="utf-8")).items()
        records = {name: record for name, record in there if stays(name, record)}
    records |= {name: {**score.as_dict(), **(facts or {})} for name, score in scores.items()}
    write_atomically(path, json.dumps(records, indent=2))
    console.print(scores_table(scores))


def say_where(run, **places):
    """Prints the id of a run, where things are (by name, underscores as spaces), its disk use."""
    megabytes = run.disk_use()["total"] / 1e6
    lines = {"run id": run.id, **places, "disk use": f"{megabytes:.0f} MB in {run.folder}"}
    for name, value in lines.items():
        console.print(f"{name.replace('_', ' ') + ':':14}{value}")
