"""The verb `reproduce`: runs a table of a paper, run by run, and writes what came out beside it."""

import contextlib
import json
import platform
from pathlib import Path

from app.dry_run import timed
from app.errors import UserError
from app.files import write_atomically
from app.progress import console
from app.reports.figures import draw_into_run
from app.reproductions import FIGURES, TABLES
from app.run import Run
from app.run_folders import known
from app.tracking import Mirror
from app.train import resume, train

REST = 15.0  # seconds of a run outside its training steps: start, measuring, export, upload


def reproduce(name, budget, seeds, directory=None, root="runs", results="docs/results"):
    """Runs a table, or goes on with it; writes the report into the run and into `results`.

    A table is a run of its own, whose manifest names its children. Started again with the same
    arguments it goes on: finished children are not run again, a stopped one is resumed.

    Args:
        name: a key of `TABLES`.
        budget: "smoke", "cpu" or "full".
        seeds: int >= 1; seeds of each run that gets more than one.
        directory: folder of existing data sets, or None.
        root: folder of all runs.
        results: folder of the Markdown report.

    Raises:
        UserError: no such table.
    """
    if name not in TABLES:
        raise UserError(f"No table {name!r}. Tables: {', '.join(TABLES)}.")
    table = TABLES[name]
    recipes = table.children(budget, seeds, directory)
    parent = _parent(name, budget, seeds, root)
    left = {key: recipe for key, recipe in recipes.items() if not _finished(parent, key, root)}
    console.print(
        f"{parent.id}: {len(recipes)} runs, {len(recipes) - len(left)} of them finished, "
        f"{_estimate(left)}"
    )
    parent.set_status("running")
    try:
        with Mirror(parent, say=console.print) as mirror:
            for number, (key, recipe) in enumerate(left.items(), 1):
                console.print(f"[{number}/{len(left)}] {key}")
                _child(parent, key, recipe, root)
                mirror.push()
            _report(parent, table, recipes, root, Path(results))
    except KeyboardInterrupt:
        console.print(f"Stopped. The same command goes on: reproduce {name} --budget {budget}")
        raise
    return parent


def _parent(name, budget, seeds, root):
    """The unfinished run of this table with these arguments, or a new one."""
    config = {"table": name, "budget": budget, "seeds": seeds}
    for run_id in known(root):
        run = Run.open(run_id, root) if run_id.endswith(f"reproduce-{name}") else None
        if run is not None and run.status != "finished" and run.config == config:
            return run
    title = f"reproduce-{name}"
    return Run.create(title, config, "reproduction", root=root, children={}, experiment=title)


def _finished(parent, key, root):
    """Whether a child was run to its end."""
    run = _opened(parent, key, root)
    return run is not None and run.status == "finished"


def _opened(parent, key, root):
    """The run of a child, or None where it was never begun or its folder is gone."""
    with contextlib.suppress(UserError, KeyError):
        return Run.open(parent.manifest["children"][key], root)
    return None


def _child(parent, key, recipe, root):
    """Runs one child, or goes on with it."""
    begun = _opened(parent, key, root)
    if begun is not None:
        resume(begun.id, root=root)
        return

    def note(run):
        parent.update(children={**parent.manifest["children"], key: run.id})

    link = {"id": parent.id, "mlflow_run_id": (parent.manifest["mlflow"] or {}).get("run_id")}
    train(recipe, root=root, begun=note, parent=link, experiment=parent.manifest["experiment"])


def _estimate(recipes):
    """How long the children that are left will take, from a few steps of the first."""
    if not recipes:
        return "nothing left to run"
    _, _, seconds, steps = timed(next(iter(recipes.values())))
    each = [recipe.training.epochs * steps * seconds + REST for recipe in recipes.values()]
    return f"about {sum(each) / 60:.0f} minutes for the others, one after another"


def _report(parent, table, recipes, root, folder):
    """Figures and Markdown, into the run and into `folder`."""
    runs = {key: _opened(parent, key, root) for key in recipes}
    found = {key: _result(run) for key, run in runs.items() if run is not None}
    write_atomically(parent.path("results.json"), json.dumps(found, indent=1))
    for name, figure in FIGURES[table.NAME].items():
        draw_into_run(parent, name, figure, found)
    values = parent.config
    text = "\n".join(
        [
            f"# {table.TITLE}",
            "",
            f"`python -m app reproduce {table.NAME} --budget {values['budget']} "
            f"--seeds {values['seeds']}`, {len(found)} runs, {parent.manifest['created'][:10]}, "
            f"{parent.manifest.get('backend')} on {platform.processor() or platform.machine()}, "
            f"code {(parent.manifest.get('git') or {}).get('commit', 'unknown')[:12]}, "
            f"{sum(result['minutes'] for result in found.values()):.0f} minutes in all.",
            "",
            table.report(found),
            "",
            *(f"![{name}]({table.NAME}/{name}.png)" for name in FIGURES[table.NAME]),
        ]
    )
    write_atomically(parent.path("report.md"), text + "\n")
    pictures = folder / table.NAME
    pictures.mkdir(parents=True, exist_ok=True)
    for name in FIGURES[table.NAME]:
        (pictures / f"{name}.png").write_bytes(parent.path("figures", f"{name}.png").read_bytes())
    write_atomically(folder / f"{table.NAME}.md", text + "\n")
    console.print(table.report(found))
    console.print(f"report:       {folder / table.NAME}.md")


def _result(run):
    """What a report needs of a child."""
    try:
        scores = json.loads((run.folder / "scores.json").read_text())
    except (OSError, ValueError):
        scores = {}
    rows = run.metrics()
    times = [row["time"] for row in run.rows()]
    return {
        "run": run.id,
        "scores": {name: score["value"] for name, score in scores.items()},
        "rows": rows,
        "minutes": (max(times) - min(times)) / 60_000 if times else 0.0,
    }
