"""A tiny recipe trains, samples, evaluates, exports, reloads, and leaves a complete MLflow run."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from tests.end_to_end.conftest import own_store, unexported

ROOT = Path(__file__).parents[2]
EPOCHS = 20  # enough that a quiet machine does not finish before it is stopped


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_run_leaves_everything_behind(tiny):
    runs, run_id = tiny
    present = files(runs / run_id)
    for name in (
        "manifest.json",
        "config.json",
        "metrics.jsonl",
        "scores.json",
        "model_card.md",
        "model.keras",
        "images/epoch-0001.png",
        "figures/training.png",
        "figures/schedule.png",
        "figures/encode.png",
        "figures/decode.png",
        "figures/progression.png",
        "weights/raw.weights.h5",
        "weights/ema.weights.h5",
        "weights/swa.weights.h5",
        "weights/best-epoch.weights.h5",
        "samples/grid/grid.png",
        "saved_model/sampler/saved_model.pb",
        "saved_model/denoiser/saved_model.pb",
    ):
        assert name in present, name
    manifest = json.loads((runs / run_id / "manifest.json").read_text())
    assert manifest["status"] == "finished"
    assert manifest["dataset"]["name"] == "digits" and len(manifest["dataset"]["digest"]) == 16
    rows = [json.loads(line) for line in (runs / run_id / "metrics.jsonl").open()]
    assert [row["step"] for row in rows] == [0, 1]
    assert {"loss", "val_loss", "fmd"} <= set(rows[0])


def test_mlflow_holds_parameters_metrics_images_model(tiny):
    import mlflow

    runs, run_id = tiny
    client = mlflow.MlflowClient(os.environ["MLFLOW_TRACKING_URI"])
    manifest = json.loads((runs / run_id / "manifest.json").read_text())
    run = client.get_run(manifest["mlflow"]["run_id"])
    assert run.info.status == "FINISHED"
    assert run.data.params["training.epochs"] == "2"
    assert len(client.get_metric_history(run.info.run_id, "loss")) == 2
    assert run.inputs.dataset_inputs[0].dataset.name == "digits"
    versions = client.search_model_versions("name='noisewise-tiny'")
    assert len([version for version in versions if version.run_id == run.info.run_id]) == 1


def test_sampling_is_repeatable_and_labels_are_kept(tiny, capsys):
    runs, run_id = tiny
    before = files(runs / run_id)
    request = ["sample", run_id, "--count", "7", "--labels", "3", "5", "--runs", str(runs)]
    assert main([*request, "--seed", "9"]) == 0
    new = sorted(files(runs / run_id) - before)
    (part,) = [name for name in new if name.endswith(".npz")]
    with np.load(runs / run_id / part) as drawn:
        assert drawn["labels"].tolist() == [3, 5, 3, 5, 3, 5, 3]
        assert drawn["images"].shape == (7, 8, 8, 1) and drawn["images"].dtype == np.uint8
        first = drawn["images"]
    (runs / run_id / part).unlink()
    assert main([*request, "--seed", "9"]) == 0
    with np.load(runs / run_id / part) as again:
        np.testing.assert_array_equal(first, again["images"])


def test_the_other_verbs_answer(tiny, capsys):
    runs, run_id = tiny
    where = ["--runs", str(runs)]
    assert main(["evaluate", run_id, "--samples", "32", "--weights", "raw", *where]) == 0
    assert main(["export", run_id, "--weights", "swa", *where]) == 0
    assert main(["sync", run_id, *where]) == 0
    assert main(["compare", run_id, run_id, *where]) == 0
    assert main(["recipes"]) == 0
    assert main(["data"]) == 0
    output = capsys.readouterr().out
    assert "mnist-small" in output and "digits" in output and "frechet" in output
    assert "Runs side by side" in output


def test_dry_run_estimates_and_writes_nothing(world, capsys):
    runs = world / "nothing"
    assert main(["train", str(world / "tiny.py"), "--dry-run", "--runs", str(runs)]) == 0
    output = capsys.readouterr().out
    for word in ("parameters:", "time:", "memory:", "disk:", '"epochs": 2'):
        assert word in output
    assert not runs.exists()


def train_process(world, runs, *options):
    command = [sys.executable, "-m", "app", "train", *options, "--runs", str(runs)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A shell that put the tests into the background has turned Ctrl-C off for all below it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


@pytest.fixture(scope="module")
def long(world):
    """Arguments of `train` for a long run."""
    length = ["--training.epochs", str(EPOCHS), "--evaluation.samples", "0"]
    quick = ["--watching.score-every", "0", "--watching.sample-every", "0"]
    return [str(world / "tiny.py"), *length, *quick]


@pytest.fixture(scope="module")
def reference(world, long):
    """The folder of the long run that nobody stopped."""
    with own_store(world), unexported():
        assert main(["train", *long, "--runs", str(world / "whole")]) == 0
    (folder,) = (world / "whole").iterdir()
    return folder


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT], ids=["kill-9", "ctrl-c"])
def test_a_stopped_run_resumes_bit_equal(world, long, reference, end):
    """Killed in the middle of an epoch, resumed: the weights of the whole run; Ctrl-C: told how."""
    import h5py

    cut = world / f"cut-{end}"
    process = train_process(world, cut, *long)
    deadline = time.time() + 120
    while not list(cut.glob("*/checkpoints/checkpoint-0003.npz")):
        assert process.poll() is None, process.stdout.read()
        assert time.time() < deadline
        time.sleep(0.01)
    process.send_signal(end)
    output, _ = process.communicate(timeout=60)
    (run,) = cut.iterdir()
    status = json.loads((run / "manifest.json").read_text())["status"]
    if status == "finished":
        pytest.fail(f"the run ended before it could be stopped; lengthen it:\n{output}")
    if end == signal.SIGINT:
        assert process.returncode == 130 and status == "stopped"
        assert output.count("Stopped.") == 1 and "Traceback" not in output
        assert re.search(rf"train --resume \S*{run.name}$", output.strip())
        return  # its checkpoints are those of any other stop
    assert main(["train", "--resume", run.name, "--runs", str(cut)]) == 0
    for name in ("raw", "ema", "swa"):
        with (
            h5py.File(reference / "weights" / f"{name}.weights.h5") as one,
            h5py.File(run / "weights" / f"{name}.weights.h5") as two,
        ):
            pairs = []
            one.visititems(
                lambda key, item, two=two, pairs=pairs: (
                    pairs.append((item[()], two[key][()]))
                    if isinstance(item, h5py.Dataset)
                    else None
                )
            )
            assert pairs
            for expected, resumed in pairs:
                np.testing.assert_array_equal(expected, resumed)
    rows = [json.loads(line)["step"] for line in (run / "metrics.jsonl").open()]
    assert rows == list(range(EPOCHS))
