"""A table of runs: stopped, cut, resumed, and gone on with from another machine's results."""

import json
import os
import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest

from app.config import RobustLoss
from app.errors import UserError
from app.machine.own_process import in_own_process
from app.recipes import RECIPES
from app.reproduce import child, reproduce
from app.reproductions.measured import Measured
from app.reproductions.tables import FIGURES, TABLES
from app.run import Run
from app.run_folders import known
from tests.end_to_end.conftest import own_store, unexported
from tests.end_to_end.noisy import RECIPE


class Table:
    """Two runs in place of sixty."""

    NAME, TITLE = "noisy-labels", "Two runs"
    report = TABLES["noisy-labels"].report

    @staticmethod
    def children(budget, seeds, directory=None):
        tiny = replace(RECIPE, training=replace(RECIPE.training, epochs=1))
        return {
            f"{name}-0.30-0": replace(tiny, name=name.lower(), loss=RobustLoss(name=loss))
            for name, loss in {"CE": "cross_entropy", "MAE": "mean_absolute_error"}.items()
        }


def here(work, *arguments, prepare=None):
    """In this process and unexported, which is quicker; one test below has the real thing."""
    with unexported():
        return work(*arguments)


def no_child(work, *arguments, **options):
    """As `here`, but every run of a table fails."""
    if work is child:
        raise UserError("Training stopped.")
    return here(work, *arguments, **options)


@pytest.fixture(scope="module")
def finished(world, tmp_path_factory):
    """A table that was run at one go: (its run, the folder of all runs, that of results)."""
    folder = tmp_path_factory.mktemp("table")
    runs, results = folder / "runs", folder / "results"
    with own_store(world), pytest.MonkeyPatch.context() as patch:
        patch.setitem(TABLES, "noisy-labels", Table)
        patch.setattr("app.reproduce.in_own_process", here)
        return reproduce("noisy-labels", "smoke", 1, root=runs, results=results), runs, results


def test_a_table_goes_on_where_it_was_stopped(world, tmp_path, monkeypatch):
    import app.reproduce as verb

    monkeypatch.setitem(TABLES, "noisy-labels", Table)
    runs, results = tmp_path / "runs", tmp_path / "results"

    def stop_at_the_second(work, *arguments, **options):
        if "MAE-0.30-0" in arguments:
            raise KeyboardInterrupt
        if work is verb.child:
            return in_own_process(work, *arguments, **options)
        return here(work, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(verb, "in_own_process", stop_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            reproduce("noisy-labels", "smoke", 1, root=runs, results=results)
    first = {path.name for path in runs.iterdir()}
    assert len(first) == 2  # the table and its first child
    monkeypatch.setattr(verb, "in_own_process", here)
    parent = reproduce("noisy-labels", "smoke", 1, root=runs, results=results)
    new = {path.name for path in runs.iterdir()} - first
    assert len(new) == 1 and new.pop().endswith("mae")
    assert parent.status == "finished" and set(parent.manifest["children"]) == {
        "CE-0.30-0",
        "MAE-0.30-0",
    }
    text = (results / "noisy-labels-smoke.md").read_text()
    assert "| CE |" in text and "| MAE |" in text and "undecided" in text
    assert "2 of 2 runs" in text
    for name in FIGURES["noisy-labels"]:
        assert (results / "noisy-labels-smoke" / f"{name}.png").stat().st_size > 1000


def test_a_run_that_fails_does_not_stop_the_others(world, tmp_path, monkeypatch):
    import app.reproduce as verb

    def fail_at_the_first(work, *arguments, **options):
        if "CE-0.30-0" in arguments:
            raise UserError("Training stopped.")
        return here(work, *arguments, **options)

    monkeypatch.setitem(TABLES, "noisy-labels", Table)
    monkeypatch.setattr(verb, "in_own_process", fail_at_the_first)
    where = {"root": tmp_path / "runs", "results": tmp_path / "results"}
    with pytest.raises(UserError, match=r"1 of 2 runs failed: CE-0\.30-0\. .*Training stopped\."):
        reproduce("noisy-labels", "smoke", 1, **where)
    assert "1 of 2 runs" in (tmp_path / "results/noisy-labels-smoke.md").read_text()
    monkeypatch.setattr(verb, "in_own_process", here)
    assert reproduce("noisy-labels", "smoke", 1, **where).status == "finished"


class Judged(Table):
    """A run, and another that measures it."""

    @staticmethod
    def children(budget, seeds, directory=None):
        of, measured = "CE-0.30-0", "again-0.30-0"
        judged = Measured(name="again", of=of, base=RECIPES["mnist-small"])
        return {of: Table.children(budget, seeds)[of], measured: judged}


def test_what_measures_a_run_waits_for_it_and_fails_with_it(world, tmp_path, monkeypatch, capsys):
    import app.reproduce as verb

    monkeypatch.setitem(TABLES, "noisy-labels", Judged)
    monkeypatch.setattr(verb, "in_own_process", no_child)
    monkeypatch.setattr(
        verb, "forecast", lambda recipes: {k: 5000.0 - k.startswith("again") * 4e3 for k in recipes}
    )
    where = {"root": tmp_path / "runs", "results": tmp_path / "results"}
    parent = reproduce("noisy-labels", "smoke", 1, hours=1, **where)
    assert parent.status == "stopped" and parent.manifest["children"] == {}
    assert "Not begun: 2 runs, the longest of about 1.4 hours" in capsys.readouterr().out
    with pytest.raises(UserError, match="2 of 2 runs failed: .* The first: Training stopped"):
        reproduce("noisy-labels", "smoke", 1, **where)
    assert "'again-0.30-0' measures" not in capsys.readouterr().out


def test_results_that_cannot_be_written_are_refused_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setitem(TABLES, "noisy-labels", Table)
    (tmp_path / "a-file").write_text("")
    with pytest.raises(UserError, match="Cannot write .*a file is in the place of a folder"):
        reproduce("noisy-labels", "smoke", 1, root=tmp_path / "runs", results=tmp_path / "a-file")
    assert not (tmp_path / "runs").exists()


def test_a_table_is_cut_at_its_hours(world, tmp_path, monkeypatch, capsys):
    import app.reproduce as verb

    monkeypatch.setitem(TABLES, "noisy-labels", Table)
    monkeypatch.setattr(verb, "in_own_process", here)
    monkeypatch.setattr(verb, "forecast", lambda recipes: dict.fromkeys(recipes, 3000.0))
    now = iter([0.0, 0.0, 1000.0])  # seconds: at the start, before the first run, before the second
    monkeypatch.setattr(verb, "time", SimpleNamespace(monotonic=lambda: next(now)))
    where = {"root": tmp_path / "runs", "results": tmp_path / "results"}
    parent = reproduce("noisy-labels", "smoke", 1, hours=1, **where)
    assert list(parent.manifest["children"]) == ["CE-0.30-0"]
    assert parent.status == "stopped" and parent.manifest["reason"] == "cut at 1 hours"
    assert "Cut at 1 hours; the same command goes on." in capsys.readouterr().out
    text = (tmp_path / "results/noisy-labels-smoke.md").read_text()
    assert "1 of 2 runs" in text and "| MAE |" not in text
    monkeypatch.undo()
    monkeypatch.setitem(TABLES, "noisy-labels", Table)
    monkeypatch.setattr(verb, "in_own_process", here)
    again = reproduce("noisy-labels", "smoke", 1, **where)
    assert again.id == parent.id and again.status == "finished"
    assert len(again.manifest["children"]) == 2


def test_a_table_goes_on_from_the_results_of_another_machine(finished, tmp_path, monkeypatch):
    monkeypatch.setitem(TABLES, "noisy-labels", Table)
    monkeypatch.setattr("app.reproduce.in_own_process", here)
    parent, runs, first = finished
    arguments, results = ("noisy-labels", "smoke", 1), tmp_path / "results"
    shutil.copytree(first, results)
    written = results / "noisy-labels-smoke" / "results.json"
    kept = json.loads(written.read_text())
    child = Run.open(parent.manifest["children"]["CE-0.30-0"], runs)
    scores = json.loads((child.folder / "scores.json").read_text())
    assert kept["CE-0.30-0"]["scores"]["test_accuracy"] == scores["test_accuracy"]["value"]
    assert kept["CE-0.30-0"]["rows"][0]["loss"] == pytest.approx(child.metrics()[0]["loss"])

    marked = json.loads(written.read_text())
    marked["CE-0.30-0"]["scores"]["test_accuracy"] = 0.125  # so that the table shows who made it
    marked["MAE-0.30-0"]["config"]["training"]["epochs"] = 2  # another setting: run again
    written.write_text(json.dumps(marked))
    page = results / "noisy-labels-smoke.md"
    page.unlink()
    reproduce(*arguments, root=tmp_path / "none", results=results, hours=0)
    assert "1 of 2 runs" in page.read_text()  # what there is, though no run was begun
    other = reproduce(*arguments, root=tmp_path / "other", results=results)
    assert list(other.manifest["children"]) == ["MAE-0.30-0"]
    text = page.read_text()
    assert "| CE | 12.50 (n=1) |" in text and "2 of 2 runs" in text
    assert json.loads(written.read_text())["MAE-0.30-0"]["config"]["training"]["epochs"] == 1

    written.write_text("{")
    with pytest.raises(UserError, match="results.json is no file of results.*Remove it"):
        reproduce(*arguments, root=tmp_path / "third", results=results)


class Longer(Table):
    """The table, with a row more."""

    @staticmethod
    def children(budget, seeds, directory=None):
        found = Table.children(budget, seeds)
        return found | {"FL-0.30-0": replace(found["CE-0.30-0"], loss=RobustLoss(name="focal"))}


def test_a_table_that_has_got_a_row_takes_up_the_runs_of_before(finished, tmp_path, monkeypatch):
    import app.reproduce as verb

    monkeypatch.setitem(TABLES, "noisy-labels", Longer)
    monkeypatch.setattr(verb, "in_own_process", no_child)
    parent, runs, first = finished
    shutil.copytree(first, tmp_path / "results")
    before = set(known(runs))
    with pytest.raises(UserError, match=r"1 of 3 runs failed: FL-0\.30-0"):
        reproduce("noisy-labels", "smoke", 1, root=runs, results=tmp_path / "results")
    (new,) = set(known(runs)) - before
    assert Run.open(new, runs).manifest["children"] == parent.manifest["children"]


def test_children_are_nested_in_mlflow(finished):
    import mlflow

    parent, runs, _ = finished
    client = mlflow.MlflowClient(os.environ["MLFLOW_TRACKING_URI"])
    above = client.get_run(parent.manifest["mlflow"]["run_id"])
    for run_id in parent.manifest["children"].values():
        child = client.get_run(Run.open(run_id, runs).manifest["mlflow"]["run_id"])
        assert child.data.tags["mlflow.parentRunId"] == above.info.run_id
        assert child.info.experiment_id == above.info.experiment_id


def test_an_unknown_table_is_refused(tmp_path):
    with pytest.raises(UserError, match="No table 'x'. Tables: noisy-labels, domains"):
        reproduce("x", "smoke", 1, root=tmp_path)
