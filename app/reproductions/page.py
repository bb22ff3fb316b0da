"""The page of a table: what its runs gave, in Markdown, with figures and a file of results."""

import json
import os
import shutil

from app.errors import UserError
from app.files import write_atomically, writing
from app.reports.figures import draw_into_run
from app.reproductions.kept import setting, write_kept
from app.reproductions.settings import settings_lines
from app.reproductions.tables import FIGURES

# What a score says of itself.
MEASURED = ("samples", "floor", "interval", "extractor", "reference_samples")


def write_page(parent, table, found, recipes, place):
    """Figures and Markdown of what was run so far, into the run and to `place`."""
    found = {key: found[key] for key in recipes if key in found}
    for name, figure in FIGURES[table.NAME].items():
        draw_into_run(parent, name, figure, found)
    figures = [
        name for name in FIGURES[table.NAME] if parent.path("figures", f"{name}.png").exists()
    ]
    values, results = parent.config, list(found.values())
    text = "\n".join(
        [
            f"# {table.TITLE}",
            "",
            f"`python -m app reproduce {table.NAME} --budget {values['budget']} "
            f"--seeds {values['seeds']}`: {len(found)} of {len(recipes)} runs, "
            f"{_each(results, 'day')}, {_each(results, 'machine')}, code "
            f"{_each(results, 'code')}, {sum(result['minutes'] for result in results):.0f} minutes "
            f"in all. Curves and scores: [results.json]({place.name}/results.json).",
            "",
            table.report(found),
            "",
            *settings_lines(found),
            "",
            *(f"![{name}]({place.name}/{name}.png)" for name in figures),
        ]
    )
    write_atomically(parent.path("report.md"), text + "\n")
    write_kept(place / "results.json", found)
    for name in figures:
        picture, draft = place / f"{name}.png", place / f".{name}.png.tmp"
        with writing(picture):
            shutil.copyfile(parent.path("figures", f"{name}.png"), draft)
            os.replace(draft, picture)
    write_atomically(place.with_name(f"{place.name}.md"), text + "\n")


def _each(results, name):
    """The different values of a field, in order."""
    return ", ".join(dict.fromkeys(result[name] for result in results))


def result_of(run):
    """What a report needs of a child, and what a results file says of it."""
    try:
        scores = json.loads((run.folder / "scores.json").read_text())
    except FileNotFoundError:  # of runs that are not measured
        scores = {}
    except (OSError, ValueError) as error:
        raise UserError(
            f"The scores of {run.folder} cannot be read ({error}). Measure it again: python -m app "
            f"evaluate {run.name}"
        ) from error
    own = run.manifest
    return {
        "run": run.id,
        "folder": str(run.folder),
        "config": setting(run.config),
        "day": own["created"][:10],
        "machine": f"{own.get('backend')} on {(own.get('device') or {}).get('name')}",
        "code": ((own.get("git") or {}).get("commit") or "unknown")[:12],
        "attention": own.get("attention"),  # of networks with attention: what a step takes
        "minutes": run.minutes,
        "scores": {name: score["value"] for name, score in scores.items()},
        "measured": {
            name: {fact: score.get(fact) for fact in MEASURED} for name, score in scores.items()
        },
        "rows": [
            {name: float(f"{value:.6g}") for name, value in row.items()} for row in run.metrics()
        ],
    }
