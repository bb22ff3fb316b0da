"""An MLflow server of its own process, killed in the middle of a training."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import keras
import pytest

from app.cli import main
from app.tracking.store import connect
from callbacks.mlflow_connection import SETTINGS, probe
from tests.app.tracking.recorded import artifacts, history
from tests.app.tracking.server import free_port
from tests.end_to_end.frail import said, status


@contextlib.contextmanager
def served(folder, port):
    """`mlflow server` on a store in a folder; gives the function that kills it with its workers."""
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/served.db"]
    command += ["--artifacts-destination", f"{folder}/served"]
    with open(folder / "server.log", "a") as log:
        process = subprocess.Popen(
            command, env={**SETTINGS, **os.environ}, stdout=log, stderr=log, start_new_session=True
        )

    def kill():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    try:
        deadline = time.time() + 900
        while probe(f"http://127.0.0.1:{port}", timeout=5) is not None:
            assert process.poll() is None and time.time() < deadline, log_of(folder)
            time.sleep(0.2)
        yield kill
    finally:
        kill()


def log_of(folder):
    return (folder / "server.log").read_text()[-3000:]


@pytest.mark.slow
def test_a_server_killed_after_the_first_epoch_misses_nothing_after_sync(work, monkeypatch, capfd):
    port = free_port()
    uri = f"http://127.0.0.1:{port}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    from app.tasks import diffusion

    watchers = diffusion.watchers

    with served(work, port) as kill:

        def killed_after_one_epoch(*parts):
            end = keras.callbacks.LambdaCallback(
                on_epoch_end=lambda epoch, logs: kill() if epoch == 0 else None
            )
            return [*watchers(*parts), end]  # the first epoch has reached the server by then

        monkeypatch.setattr(diffusion, "watchers", killed_after_one_epoch)
        assert main(["train", "frail.py", "--training.epochs", "4"]) == 0
    text = said(capfd)
    (folder,) = (work / "runs").iterdir()
    assert status(folder) == "finished" and "epoch 4/4" in text
    assert text.count("cannot be written") == 1
    assert f"python -m app sync {folder.name}" in text
    assert [json.loads(line)["step"] for line in (folder / "metrics.jsonl").open()] == [0, 1, 2, 3]
    assert main(["sync", folder.name]) == 2
    assert "cannot be written" in said(capfd)

    with served(work, port):
        run_id = json.loads((folder / "manifest.json").read_text())["mlflow"]["run_id"]
        client = connect(uri)
        assert client.get_run(run_id).info.status == "RUNNING"
        assert [step for step, _ in history(client, run_id, "loss")] == [0]
        assert main(["sync", folder.name]) == 0
        assert f"MLflow run {run_id} holds all of {folder.name}" in said(capfd)
        run = client.get_run(run_id)
        assert run.info.status == "FINISHED"
        assert run.data.tags["noisewise.status"] == "finished"
        assert [step for step, _ in history(client, run_id, "loss")] == [0, 1, 2, 3]
        there = set(artifacts(client, run_id))
        assert {"model_card.md", "weights/raw.weights.h5", "figures/training.png"} <= there
        assert len(client.search_model_versions("name='noisewise-frail'")) == 1
