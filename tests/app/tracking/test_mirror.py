import pytest

from app.run import Run
from app.tracking import Mirror, sync
from app.tracking.store import connect
from tests.app.tracking.recorded import FACTS, check_complete, finish, history, make, train


def test_a_whole_run_is_mirrored(tmp_path, store, capsys):
    run = make(tmp_path)
    with Mirror(run) as mirror:
        assert connect(store).get_run(mirror.sent["run_id"]).info.status == "RUNNING"
        train(mirror, 3)
        finish(run)
    check_complete(store, run, epochs=3)
    assert capsys.readouterr() == ("", "")


class Counting:
    """Counts the calls that change something."""

    def __init__(self, client):
        self.client, self.calls = client, []

    def __getattr__(self, name):
        if name.startswith(("log_", "set_", "create_", "update_")):
            self.calls.append(name)
        return getattr(self.client, name)


def test_the_second_push_sends_nothing(tmp_path, store):
    run = make(tmp_path)
    with Mirror(run) as mirror:
        train(mirror, 2)
        finish(run)
    mirror.client = Counting(mirror.client)
    assert mirror.push(everything=True)
    assert mirror.client.calls == []
    again = Mirror(Run.open(run.folder))
    assert again.sent == mirror.sent
    run.log({"loss": 0.1}, 2)
    mirror.push()
    assert mirror.client.calls == ["log_batch"]


def test_a_lost_note_sends_nothing_twice(tmp_path, store):
    run = make(tmp_path)
    with Mirror(run) as mirror:
        train(mirror, 3)
        finish(run)
    (run.folder / "mirror.json").write_text("{")
    assert sync(Run.open(run.folder)) == mirror.sent["run_id"]
    run.update(mlflow=None)  # then it is found by its tag
    (run.folder / "mirror.json").unlink()
    assert sync(Run.open(run.folder)) == mirror.sent["run_id"]
    check_complete(store, run, epochs=3)


def test_half_a_picture_is_named_and_the_rest_is_uploaded(tmp_path, store):
    run, said = make(tmp_path), []
    with Mirror(run, said.append) as mirror:
        run.path("images", "samples-0007.png").write_bytes(b"\x89PNG\r\n\x1a\nhalf")
        train(mirror, 3)
        finish(run)
    assert "samples-0007.png is no whole picture" in said[0]
    check_complete(store, run, epochs=3)


def test_a_run_deleted_in_mlflow_comes_back(tmp_path, store):
    run = make(tmp_path)
    run.set_status("finished")
    run_id = sync(run)
    connect(store).delete_run(run_id)
    assert sync(run) == run_id
    assert connect(store).get_run(run_id).info.lifecycle_stage == "active"


def test_status_of_exception_and_ctrl_c_and_resume(tmp_path, store):
    def status():
        return connect(store).get_run(mirror.sent["run_id"]).info.status

    run = make(tmp_path)
    with pytest.raises(KeyboardInterrupt), Mirror(run) as mirror:
        train(mirror, 2)
        raise KeyboardInterrupt
    assert (run.status, status()) == ("stopped", "KILLED")
    run.set_status("running")
    run.rewind(1)
    with pytest.raises(RuntimeError), Mirror(run) as mirror:
        assert status() == "RUNNING"
        mirror.record({"loss": 7.0}, 1)
        raise RuntimeError("nan")
    assert (run.status, status()) == ("failed", "FAILED")
    client = connect(store)
    assert (
        client.get_run(mirror.sent["run_id"]).data.tags["noisewise.reason"] == "RuntimeError: nan"
    )
    assert history(client, mirror.sent["run_id"], "loss") == [(0, 1.0), (1, 0.5), (1, 7.0)]


def test_long_parameters_are_cut_and_said(tmp_path, store):
    said = []
    config = {"text": "x" * 7000, "odd name!": 1, "list": [1, {"a": 2}], "none": None, "empty": ""}
    mirror = Mirror(make(tmp_path, config), said.append)
    assert mirror.push() and mirror.push()
    assert len(said) == 1 and "cut to 6000" in said[0] and "text" in said[0]
    params = mirror.client.get_run(mirror.sent["run_id"]).data.params
    assert params["text"] == "x" * 6000 and params["odd name_"] == "1"
    assert params["list"] == '[1, {"a": 2}]' and params["none"] == "null"


def test_a_table_shows_its_report_and_an_evaluation_what_it_is_of(tmp_path, store):
    asked = {"table": "faces", "budget": "cpu", "seeds": 2}
    table = Run.create("reproduce-faces", asked, "reproduction", tmp_path / "runs", FACTS)
    table.path("report.md").write_text("# Faces\n![curves](faces/curves.png)\nEnd.\n")
    subject = {"name": "photos", "digest": "d", "count": 9}
    measured = Run.create("photos", {}, "evaluation", tmp_path, FACTS, subject=subject)
    for run, command, note in (
        (table, "reproduce faces --budget cpu --seeds 2", "# Faces\nEnd.\n"),
        (measured, "evaluate photos", None),
    ):
        mirror = Mirror(run)
        assert mirror.push()
        tags = mirror.client.get_run(mirror.sent["run_id"]).data.tags
        assert tags["mlflow.source.name"] == f"python -m app {command}"
        assert tags.get("mlflow.note.content") == note


def test_many_parameters_and_rows_go_in_batches(tmp_path, store):
    run = make(tmp_path, {f"p{i}": i for i in range(250)})
    for step in range(400):
        run.log({"a": step, "b": step, "c": float("nan")}, step)
    mirror = Mirror(run)
    assert mirror.push()
    run_id = mirror.sent["run_id"]
    assert len(mirror.client.get_run(run_id).data.params) == 250
    assert history(mirror.client, run_id, "b") == [(step, step) for step in range(400)]
    assert len(history(mirror.client, run_id, "c")) == 400
