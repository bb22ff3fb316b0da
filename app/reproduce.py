"""The verb `reproduce`: runs a table of a paper, run by run, and writes what came out beside it."""

import contextlib
import json
import math
import time
from datetime import datetime
from pathlib import Path

from app.backend import start_backend
from app.errors import UserError
from app.files import write_atomically
from app.machine.environment import facts
from app.machine.own_process import in_own_process
from app.progress import console
from app.reports.figures import draw_into_run
from app.reproductions.forecast import forecast
from app.reproductions.kept import read_kept, setting, write_kept
from app.reproductions.measure_again import measure_again
from app.reproductions.measured import Measured, config_of
from app.reproductions.tables import FIGURES, TABLES
from app.run import Run
from app.run_folders import known
from app.tracking import Mirror
from app.train import resume, train

# What a score says of itself.
MEASURED = ("samples", "floor", "interval", "extractor", "reference_samples")


def reproduce(name, budget, seeds, directory=None, root="runs", results="docs/results", hours=None):
    """Runs a table, or goes on with it; writes the report into the run and into `results`.

    A table is a run of its own, whose manifest names its children. Started again with the same
    arguments it goes on: finished children are not run again, a stopped one is resumed. Nor are
    those whose results, of the same setting, stand in results.json beside the report: so a table
    goes on where another machine ended. The report is written anew after each child.

    Args:
        name: a key of `TABLES`.
        budget: "smoke", "cpu" or "full".
        seeds: int >= 1; seeds of each run that gets more than one.
        directory: folder of existing data sets, or None.
        root: folder of all runs.
        results: folder of the Markdown report; those of "smoke" and "full" have it in their names.
        hours: float or None; no child is begun that would not end within them.

    Raises:
        UserError: no such table.
    """
    if name not in TABLES:
        raise UserError(f"No table {name!r}. Tables: {', '.join(TABLES)}.")
    table = TABLES[name]
    recipes = table.children(budget, seeds, directory)
    place = Path(results) / (name if budget == "cpu" else f"{name}-{budget}")
    found = read_kept(
        place / "results.json", {key: config_of(recipe) for key, recipe in recipes.items()}
    )
    parent = _parent(name, budget, seeds, root)
    own = {key: _opened(parent, key, root) for key in recipes}
    found |= {key: _result(run) for key, run in own.items() if run and run.status == "finished"}
    left = {key: recipe for key, recipe in recipes.items() if key not in found}
    seconds = in_own_process(forecast, left, prepare=start_backend) if left else {}
    console.print(
        f"{parent.id}: {len(recipes)} runs, {len(found)} of them finished, about "
        f"{sum(seconds.values()) / 60:.0f} minutes for the others, one after another"
    )
    parent.set_status("running")
    end = time.monotonic() + 3600 * (math.inf if hours is None else hours)
    try:
        with Mirror(parent, say=console.print) as mirror:
            if found:
                _report(parent, table, found, recipes, place)
            for number, (key, recipe) in enumerate(left.items(), 1):
                if time.monotonic() + seconds[key] > end:
                    parent.set_status("stopped", f"cut at {hours:g} hours")
                    console.print(f"Cut at {hours:g} hours; the same command goes on.")
                    break
                console.print(f"[{number}/{len(left)}] {key}")
                run_id = in_own_process(child, parent.id, key, recipe, root, prepare=start_backend)
                parent.update()  # the child has written its id there
                found[key] = _result(Run.open(run_id, root))
                _report(parent, table, found, recipes, place)
                mirror.push()
    except KeyboardInterrupt:
        console.print(f"Stopped. The same command goes on: reproduce {name} --budget {budget}")
        raise
    console.print(table.report(found))
    console.print(f"report:       {place}.md")
    return parent


def _parent(name, budget, seeds, root):
    """The unfinished run of this table with these arguments, or a new one."""
    config = {"table": name, "budget": budget, "seeds": seeds}
    for run_id in known(root):
        run = Run.open(run_id, root) if run_id.endswith(f"reproduce-{name}") else None
        if run is not None and run.status != "finished" and run.config == config:
            return run
    title = f"reproduce-{name}"
    # Asked for elsewhere: JAX, once asked, takes most of a GPU's memory, which the children need.
    environment = in_own_process(facts, prepare=start_backend)
    return Run.create(
        title,
        config,
        "reproduction",
        root=root,
        environment=environment,
        children={},
        experiment=title,
    )


def _opened(parent, key, root):
    """The run of a child, or None where it was never begun or its folder is gone."""
    with contextlib.suppress(UserError, KeyError):
        return Run.open(parent.manifest["children"][key], root)
    return None


def child(table, key, recipe, root):
    """Runs one child of a table, or goes on with it; returns its run id."""
    parent = Run.open(table, root)
    begun = _opened(parent, key, root)

    def note(run):
        parent.update(children={**parent.manifest["children"], key: run.id})

    fields = {
        "begun": note,
        "parent": {
            "id": parent.id,
            "mlflow_run_id": (parent.manifest["mlflow"] or {}).get("run_id"),
        },
        "experiment": parent.manifest["experiment"],
    }
    if isinstance(recipe, Measured):
        needed = [name for name in (recipe.of, recipe.classifier) if name]
        trained = {name: _opened(parent, name, root) for name in needed}
        for name in needed:
            if trained[name] is None:
                raise UserError(
                    f"'{key}' measures the run of '{name}', which is not in {root}: its results "
                    "came from another machine. Take that line out of results.json to train it "
                    "here."
                )
        classifier = trained.get(recipe.classifier)
        again = {"again": begun, "classifier": classifier}
        return measure_again(recipe, trained[recipe.of], root, **again, **fields).id
    if begun is not None:
        return resume(begun.id, root=root).id
    return train(recipe, root=root, **fields).id


def _report(parent, table, found, recipes, place):
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
            *(f"![{name}]({place.name}/{name}.png)" for name in figures),
        ]
    )
    write_atomically(parent.path("report.md"), text + "\n")
    write_kept(place / "results.json", found)
    for name in figures:
        (place / f"{name}.png").write_bytes(parent.path("figures", f"{name}.png").read_bytes())
    write_atomically(place.with_name(f"{place.name}.md"), text + "\n")


def _each(results, name):
    """The different values of a field, in order."""
    return ", ".join(dict.fromkeys(result[name] for result in results))


def _result(run):
    """What a report needs of a child, and what a results file says of it."""
    try:
        scores = json.loads((run.folder / "scores.json").read_text())
    except (OSError, ValueError):
        scores = {}
    own = run.manifest
    begin, end = (datetime.fromisoformat(own[name]) for name in ("created", "ended"))
    return {
        "run": run.id,
        "folder": str(run.folder),
        "config": setting(run.config),
        "day": own["created"][:10],
        "machine": f"{own.get('backend')} on {(own.get('device') or {}).get('name')}",
        "code": ((own.get("git") or {}).get("commit") or "unknown")[:12],
        "attention": own.get("attention"),  # of networks with attention: what a step takes
        "minutes": (end - begin).total_seconds() / 60,  # pauses of a stopped run are in it
        "scores": {name: score["value"] for name, score in scores.items()},
        "measured": {
            name: {fact: score.get(fact) for fact in MEASURED} for name, score in scores.items()
        },
        "rows": [
            {name: float(f"{value:.6g}") for name, value in row.items()} for row in run.metrics()
        ],
    }
