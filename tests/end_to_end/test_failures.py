"""Failures in the middle of work: one sentence, the right status, nothing trained lost."""

import errno
import json
import os
import shutil

import numpy as np
import pytest

from app.cli import main
from callbacks.checkpoint_file import read_checkpoint
from tests.end_to_end.frail import checkpoints, prepare, said, status, stop


@pytest.fixture(scope="module")
def trained(world, tmp_path_factory):
    """A run of two epochs, stopped by Ctrl-C right after training: its folder."""
    with pytest.MonkeyPatch.context() as patch:
        place = prepare(tmp_path_factory.mktemp("trained"), patch)
        patch.setattr("app.tasks.diffusion.finish", stop)
        assert main(["train", "frail.py"]) == 130
    (folder,) = (place / "runs").iterdir()
    assert status(folder) == "stopped"
    return folder


@pytest.fixture
def stopped(trained, work):
    """A copy of the stopped run."""
    return shutil.copytree(trained, work / "runs" / trained.name)


def test_a_loss_that_turns_nan_stops_and_keeps_the_last_good_checkpoint(work, capfd):
    assert main(["train", "nan.py"]) == 2
    text = said(capfd)
    assert "error: Training stopped because the loss became nan in epoch 2, step 3" in text
    assert "the weights of the end of epoch 1 were put back" in text
    (folder,) = (work / "runs").iterdir()
    assert status(folder) == "failed"
    assert checkpoints(folder) == ["checkpoint-0001.npz"]
    arrays, state = read_checkpoint(folder / "checkpoints" / "checkpoint-0001.npz")
    assert state["epoch"] == 1
    assert all(np.isfinite(array).all() for array in arrays.values() if array.dtype.kind == "f")


def test_an_absurd_learning_rate_is_named_with_its_step(work, capfd):
    options = ["--optimizer.learning-rate", "1e30", "--optimizer.clip-norm", "0"]
    assert main(["train", "frail.py", *options]) == 2
    text = said(capfd)
    assert "loss became" in text and "in epoch 1, step" in text
    (folder,) = (work / "runs").iterdir()
    assert status(folder) == "failed"
    reason = json.loads((folder / "manifest.json").read_text())["reason"]
    assert "loss became" in reason


def test_without_mlflow_all_is_kept_and_sync_uploads_it(work, monkeypatch, capfd):
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert main(["train", "frail.py"]) == 0
    text = said(capfd)
    assert text.count("MLflow at http://127.0.0.1:9 cannot be written") == 1
    (folder,) = (work / "runs").iterdir()
    assert f"python -m app sync {folder.name}" in text
    assert status(folder) == "finished" and len((folder / "metrics.jsonl").open().readlines()) == 2
    assert main(["sync", folder.name]) == 2
    assert "cannot be written" in said(capfd)
    store = f"sqlite:///{work}/later.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    assert main(["sync", folder.name]) == 0
    link = json.loads((folder / "manifest.json").read_text())["mlflow"]
    client = mlflow.MlflowClient(store)
    run = client.get_run(link["run_id"])
    assert run.info.status == "FINISHED"
    assert len(client.get_metric_history(run.info.run_id, "loss")) == 2
    assert "weights" in {item.path for item in client.list_artifacts(run.info.run_id)}


def test_a_resumed_fit_drops_repeated_epochs_once(stopped, monkeypatch, capfd):
    from app.run import Run

    (stopped / "checkpoints" / "checkpoint-0002.npz").unlink()
    rewind, steps = Run.rewind, []
    monkeypatch.setattr(Run, "rewind", lambda run, step: steps.append(step) or rewind(run, step))
    monkeypatch.setattr("app.tasks.diffusion.finish", lambda *parts: None)
    config = json.loads((stopped / "config.json").read_text())
    config["training"]["epochs"] = 4
    (stopped / "config.json").write_text(json.dumps(config))
    assert main(["train", "--resume", stopped.name]) == 0
    assert steps == [1]
    rows = [json.loads(line)["step"] for line in (stopped / "metrics.jsonl").open()]
    assert rows == [0, 1, 2, 3]


def full_disk(patch, wanted):
    """From now on, moving a file into place fails as on a full disk, where its name is wanted."""
    replace = os.replace

    def fails(source, target, **options):
        if wanted in str(target):
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        return replace(source, target, **options)

    patch.setattr(os, "replace", fails)


def test_a_disk_full_at_a_checkpoint_does_not_stop_training(work, monkeypatch, capfd):
    monkeypatch.setattr("app.tasks.diffusion.finish", lambda *parts: None)
    with monkeypatch.context() as patch, pytest.warns(UserWarning, match="training goes on"):
        full_disk(patch, "checkpoint-0002")
        assert main(["train", "frail.py"]) == 0
    (folder,) = (work / "runs").iterdir()
    assert checkpoints(folder) == ["checkpoint-0001.npz"]
    assert status(folder) == "finished"


def test_a_disk_full_at_the_log_ends_in_a_sentence_and_resumes(work, monkeypatch, capfd):
    def fails(run, metrics, step):
        from app.files import writing

        with writing(run.folder / "metrics.jsonl"):
            if step == 1:
                raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("app.run.Run.log", fails)
        assert main(["train", "frail.py"]) == 2
    assert "metrics.jsonl: the disk is full. Free space" in said(capfd)
    (folder,) = (work / "runs").iterdir()
    assert status(folder) == "failed" and checkpoints(folder) == ["checkpoint-0001.npz"]
    monkeypatch.setattr("app.tasks.diffusion.finish", lambda *parts: None)
    assert main(["train", "--resume", folder.name]) == 0
    assert "epoch 2/2" in said(capfd) and status(folder) == "finished"


@pytest.mark.parametrize(
    "place, error",
    [
        ("keras.Model.save_weights", OSError(errno.ENOSPC, "No space left on device")),
        ("keras.Model.save_weights", RuntimeError("file write failed: No space left on device")),
        (
            "app.tasks.diffusion_results.training_curves",
            OSError(errno.ENOSPC, "No space left on device"),
        ),
        ("app.export.diffusion.export_denoiser", RuntimeError("x.data-0; No space left on device")),
        ("PIL.Image.Image.save", OSError(errno.EDQUOT, "Disk quota exceeded")),
    ],
)
def test_a_disk_full_after_training_resumes_at_what_follows(
    stopped, monkeypatch, capfd, place, error
):
    def fails(*parts, **options):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(place, fails)
        assert main(["train", "--resume", stopped.name]) == 2
    assert "Cannot write" in (text := said(capfd)) and "the disk is full" in text
    assert status(stopped) == "failed"
    monkeypatch.setattr("app.tasks.diffusion.finish", lambda *parts: None)
    assert main(["train", "--resume", stopped.name]) == 0
    assert "epoch 1/2" not in said(capfd), "what was trained was not trained again"


@pytest.mark.parametrize("damage", ["half", "empty", "text", "bit"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(stopped, monkeypatch, capfd, damage):
    newest = stopped / "checkpoints" / "checkpoint-0002.npz"
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    parts = {"half": content[: len(content) // 2], "empty": b"", "text": b"oops", "bit": content}
    newest.write_bytes(parts[damage])
    monkeypatch.setattr("app.tasks.diffusion.finish", lambda *parts: None)
    with pytest.warns(UserWarning, match="checkpoint-0002.npz .*; the one before it is tried"):
        assert main(["train", "--resume", stopped.name]) == 0
    text = said(capfd)
    assert "epoch 2/2" in text and "epoch 1/2" not in text
    assert "checkpoint-0002.npz.damaged" in checkpoints(stopped)


def test_only_damaged_checkpoints_are_a_sentence(stopped, capfd):
    for path in (stopped / "checkpoints").iterdir():
        path.write_bytes(b"oops")
    with pytest.warns(UserWarning, match="set aside"):
        assert main(["train", "--resume", stopped.name]) == 2
    assert "No checkpoint in" in (text := said(capfd)) and "start again to train" in text
    assert status(stopped) == "failed"


def test_a_resume_wants_the_same_data_and_an_unfinished_run(stopped, work, capfd):
    before = (work / "blobs.npz").read_bytes()
    np.savez(work / "blobs.npz", images=np.zeros((200, 8, 8), "uint8"))
    assert main(["train", "--resume", stopped.name]) == 2
    assert "has digest" in (text := said(capfd)) and "Give it the same data to resume" in text
    assert status(stopped) == "stopped"
    (work / "blobs.npz").unlink()
    assert main(["train", "--resume", stopped.name]) == 2
    assert "A file of images was expected at blobs.npz" in said(capfd)
    (work / "blobs.npz").write_bytes(before)
    values = json.loads((stopped / "manifest.json").read_text())
    (stopped / "manifest.json").write_text(json.dumps({**values, "status": "finished"}))
    assert main(["train", "--resume", stopped.name]) == 2
    assert "is finished. Start a new one" in said(capfd)


def test_no_memory_and_defects_are_sentences_too(stopped, monkeypatch, capfd):
    for error, pattern in (
        (MemoryError(), "out of memory. Try a smaller --training.batch-size"),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory"), "out of memory"),
        (KeyError("lost"), "Unexpected failure, KeyError: 'lost'. What was saved before is kept"),
        (AttributeError("no such"), "NOISEWISE_DEBUG=1 shows where"),
    ):

        def fails(*parts, error=error):
            raise error

        with monkeypatch.context() as patch:
            patch.setattr("app.tasks.diffusion.finish", fails)
            assert main(["train", "--resume", stopped.name]) == 2
        assert pattern in said(capfd)
        assert status(stopped) == "failed"
