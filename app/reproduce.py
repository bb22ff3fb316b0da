"""The verb `reproduce`: runs a table of a paper, run by run, and writes what came out beside it."""

import contextlib
import math
import time
from pathlib import Path

from app.backend import start_backend
from app.errors import UserError
from app.files import writing
from app.machine.environment import facts
from app.machine.lock import only_here
from app.machine.own_process import in_own_process
from app.progress import console
from app.reproductions.forecast import forecast
from app.reproductions.kept import read_kept, setting
from app.reproductions.measure_again import measure_again
from app.reproductions.measured import Measured, config_of
from app.reproductions.page import result_of, write_page
from app.reproductions.tables import TABLES
from app.run import Run
from app.run_folders import known
from app.tracking import Mirror
from app.train import resume, train


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
        UserError: no such table, the report cannot be written, or children failed; the others are
            run all the same.
    """
    if name not in TABLES:
        raise UserError(f"No table {name!r}. Tables: {', '.join(TABLES)}.")
    table = TABLES[name]
    recipes = table.children(budget, seeds, directory)
    place = Path(results).expanduser() / (name if budget == "cpu" else f"{name}-{budget}")
    with writing(place):
        place.mkdir(parents=True, exist_ok=True)
        (place / ".written").touch()
        (place / ".written").unlink()
    found = read_kept(
        place / "results.json", {key: config_of(recipe) for key, recipe in recipes.items()}
    )
    parent = _parent(name, budget, seeds, root, found)
    own = {key: _opened(parent, key, root, recipe) for key, recipe in recipes.items()}
    found |= {key: result_of(run) for key, run in own.items() if run and run.status == "finished"}
    left = {key: recipe for key, recipe in recipes.items() if key not in found}
    seconds = in_own_process(forecast, left, prepare=start_backend) if left else {}
    console.print(
        f"{parent.id}: {len(recipes)} runs, {len(found)} of them finished, about "
        f"{sum(seconds.values()) / 60:.0f} minutes for the others, one after another"
    )
    end = time.monotonic() + 3600 * (math.inf if hours is None else hours)
    late, failed = {}, {}
    try:
        with only_here(parent.folder), Mirror(parent, say=console.print) as mirror:
            if found:
                write_page(parent, table, found, recipes, place)
            for number, (key, recipe) in enumerate(left.items(), 1):
                needs = recipe.needs if isinstance(recipe, Measured) else ()
                if late.keys() & needs or time.monotonic() + seconds[key] > end:
                    late[key] = seconds[key] / 3600
                    continue
                if causes := [failed[name] for name in needs if name in failed]:
                    failed[key] = causes[0]
                    continue
                console.print(f"[{number}/{len(left)}] {key}")
                work = (child, parent.id, key, recipe, root)
                try:
                    run_id = in_own_process(*work, prepare=start_backend)
                except UserError as error:
                    failed[key] = error
                    console.print(f"error: {error}")
                    continue
                finally:
                    parent.update()  # the child has written its id there
                found[key] = result_of(Run.open(run_id, root))
                write_page(parent, table, found, recipes, place)
                mirror.push()
            if late:
                parent.set_status("stopped", f"cut at {hours:g} hours")
            if failed:
                raise UserError(
                    f"{len(failed)} of {len(recipes)} runs failed: {', '.join(failed)}. The first: "
                    f"{next(iter(failed.values()))} The same command tries them again."
                )
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt("Stopped. The same command goes on.") from stop
    console.print(table.report(found))
    if late:
        console.print(
            f"Cut at {hours:g} hours; the same command goes on. Not begun: {len(late)} runs, the "
            f"longest of about {max(late.values()):.1f} hours (--hours)."
        )
    if found:
        console.print(f"report:       {place}.md")
    return parent


def _parent(name, budget, seeds, root, found):
    """The unfinished run of this table with these arguments, or a new one.

    A new one takes up the runs of earlier ones whose results are among those `found`: a table that
    has got a row more draws from what they trained.
    """
    config = {"table": name, "budget": budget, "seeds": seeds}
    for run_id in known(root):
        run = Run.open(run_id, root) if run_id.endswith(f"reproduce-{name}") else None
        if run is not None and run.status != "finished" and run.config == config:
            return run
    title, here = f"reproduce-{name}", set(known(root))
    # Asked for elsewhere: JAX, once asked, takes most of a GPU's memory, which the children need.
    environment = in_own_process(facts, prepare=start_backend)
    return Run.create(
        title,
        config,
        "reproduction",
        root=root,
        environment=environment,
        children={key: old["run"] for key, old in found.items() if old["run"] in here},
        experiment=title,
    )


def _opened(parent, key, root, recipe):
    """The run of a child; None where it was never begun, is gone, or was of another setting."""
    run = _run_of(parent, key, root)
    same = run is not None and setting(run.config) == setting(config_of(recipe))
    return run if same else None


def _run_of(parent, key, root):
    """The run of a child, or None where it was never begun or its folder is gone."""
    with contextlib.suppress(UserError, KeyError):
        return Run.open(parent.manifest["children"][key], root)
    return None


def child(table, key, recipe, root):
    """Runs one child of a table, or goes on with it; returns its run id."""
    parent = Run.open(table, root)
    begun = _opened(parent, key, root, recipe)

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
        trained = {name: _run_of(parent, name, root) for name in recipe.needs}
        for name, run in trained.items():
            if run is None:
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
