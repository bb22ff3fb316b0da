import errno
import json
import math
import os
import subprocess
import sys

import pytest

from app import files
from app.errors import UserError
from app.files import writing
from app.run import Run
from tests.app.made import make


@pytest.fixture(autouse=True)
def seeded():
    """Nothing here draws numbers: the shared fixture, which clears Keras, is not needed."""


def test_create_and_open(tmp_path):
    dataset = {"name": "digits", "version": "1", "digest": "d"}
    run = make(tmp_path, config={"epochs": 3, "model": {"width": 8}}, dataset=dataset)
    again = Run.open(run.id, tmp_path)
    assert again.manifest == run.manifest
    assert again.config == {"epochs": 3, "model": {"width": 8}}
    assert (again.kind, again.recipe, again.status) == ("diffusion", "digits", "running")
    assert again.manifest["dataset"] == dataset and again.manifest["git"]["commit"] == "a" * 40
    assert again.manifest["version"] == 1 and again.manifest["created"].endswith("+00:00")
    assert run.id.endswith("-digits") and run.id[8] == "-"


def test_import_loads_neither_keras_nor_mlflow():
    code = (
        "import sys, app.run, app.tracking; print('keras' in sys.modules, 'mlflow' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout.split() == ["False", "False"], answer.stderr


def test_metrics_survive_a_torn_line(tmp_path):
    run = make(tmp_path)
    run.log({"loss": 0.5, "accuracy": 1}, step=0)
    run.log({"loss": math.nan, "norm": math.inf}, step=1)
    path = run.folder / "metrics.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"step": 2, "lo')
    assert [row["step"] for row in run.metrics()] == [0, 1]
    run.log({"loss": 0.25}, step=2)
    rows = run.metrics()
    assert rows[0] == {"step": 0, "loss": 0.5, "accuracy": 1.0}
    assert math.isnan(rows[1]["loss"]) and rows[1]["norm"] == math.inf
    assert rows[2] == {"step": 2, "loss": 0.25}
    for line in path.read_text().splitlines():
        json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def test_metrics_damaged_in_the_middle(tmp_path):
    run = make(tmp_path)
    run.log({"loss": 0.5}, step=0)
    path = run.folder / "metrics.jsonl"
    path.write_text("garbage\n" + path.read_text())
    with pytest.raises(UserError, match="Line 1"):
        run.metrics()


def test_rows_of_one_step_merge_and_times_grow(tmp_path):
    run = make(tmp_path)
    for step in range(5):
        run.log({"loss": step}, step)
    run.log({"frechet": 3.0}, step=4)
    assert run.metrics()[-1] == {"step": 4, "loss": 4.0, "frechet": 3.0}
    times = [row["time"] for row in run.rows()]
    assert times == sorted(set(times))


def test_rewind_drops_what_is_computed_again(tmp_path):
    run = make(tmp_path)
    for step in range(4):
        run.log({"loss": step}, step)
    run.rewind(2)
    assert [row["step"] for row in run.metrics()] == [0, 1]
    run.log({"loss": 9}, 2)
    assert run.metrics()[-1] == {"step": 2, "loss": 9.0}


def test_rewind_leaves_the_file_alone_where_nothing_is_dropped(tmp_path):
    run = make(tmp_path)
    run.rewind(0)
    assert not (run.folder / "metrics.jsonl").exists()
    run.log({"loss": 1}, 0)
    before = (run.folder / "metrics.jsonl").stat()
    run.rewind(1)
    after = (run.folder / "metrics.jsonl").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_reserved_metric_names(tmp_path):
    with pytest.raises(ValueError, match="'time'"):
        make(tmp_path).log({"time": 1}, 0)


def test_status_of_every_ending(tmp_path):
    with make(tmp_path) as run:
        pass
    assert Run.open(run.id, tmp_path).status == "finished" and run.manifest["ended"]
    with pytest.raises(RuntimeError), make(tmp_path) as run:
        raise RuntimeError("loss is nan")
    assert run.status == "failed" and run.manifest["reason"] == "RuntimeError: loss is nan"
    with pytest.raises(KeyboardInterrupt), make(tmp_path) as run:
        raise KeyboardInterrupt
    assert run.status == "stopped"
    with make(tmp_path) as run:
        run.set_status("stopped", "asked to")
    assert run.manifest["reason"] == "asked to"
    assert run.minutes is not None
    run.set_status("running")
    assert run.manifest["ended"] is None and run.minutes is None
    with pytest.raises(ValueError, match="must be one of"):
        run.set_status("done")


def test_minutes_are_without_those_it_was_stopped(tmp_path, monkeypatch):
    times = iter(f"2026-01-01T0{hour}:00:00+00:00" for hour in (1, 2, 5, 6, 8, 9))
    monkeypatch.setattr("app.run._now", lambda: next(times))
    run = make(tmp_path)  # at 1, which stops at 2 and 6, goes on at 5 and 8, and ends at 9
    for status in ("stopped", "running", "failed", "running", "finished"):
        run.set_status(status)
    assert run.minutes == Run.open(run.id, tmp_path).minutes == 3 * 60
    older = {**run.manifest, "ended": "2026-01-01T02:30:00+00:00"}
    del older["paused"]  # a run of before pauses were kept
    assert Run(run.folder, older).minutes == 90


def test_update_keeps_what_another_process_wrote(tmp_path):
    run = make(tmp_path)
    Run.open(run.id, tmp_path).update(mlflow={"run_id": "1"})
    run.update(seeds={"training": 3})
    manifest = Run.open(run.id, tmp_path).manifest
    assert manifest["mlflow"] == {"run_id": "1"} and manifest["seeds"] == {"training": 3}


def test_path_and_disk_use(tmp_path):
    run = make(tmp_path)
    run.path("weights", "raw.weights.h5").write_bytes(b"x" * 1000)
    run.path("weights", "ema.weights.h5").write_bytes(b"x" * 500)
    use = run.disk_use()
    assert use["weights"] == 1500 and use["total"] == sum(use.values()) - use["total"]


def test_a_crash_while_writing_leaves_the_old_manifest(tmp_path, monkeypatch):
    run = make(tmp_path)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(UserError, match="disk is full"):
        run.set_status("finished")
    monkeypatch.undo()
    assert Run.open(run.id, tmp_path).status == "running"
    assert not list(run.folder.glob(".*"))


@pytest.mark.parametrize(
    ("number", "words"), [(errno.EROFS, "read-only"), (errno.EACCES, "permission"), (5, "Input")]
)
def test_write_errors_are_sentences(number, words):
    with pytest.raises(UserError, match=f"Cannot write here: .*{words}"), writing("here"):
        raise OSError(number, os.strerror(number))


def test_a_really_full_disk():
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    with pytest.raises(UserError, match="disk is full"), writing("/dev/full"):
        with open("/dev/full", "w") as file:
            file.write("x")


def test_environment_facts():
    import keras

    from app.machine.environment import facts, git_state

    found = json.loads(json.dumps(facts()))
    assert found["backend"] == keras.backend.backend()
    assert found["packages"]["keras"] == keras.__version__
    assert found["device"]["count"] >= 1 and found["device"]["kind"] in {"cpu", "gpu", "tpu"}
    assert git_state("/") is None
