"""A file system that is really full: two megabytes of memory, mounted for the test."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from callbacks.checkpoint_file import read_checkpoint
from tests.end_to_end.frail import checkpoints, said, status

ROOT = Path(__file__).parents[2]


def mount(place, options):
    """Mounts, or mounts anew with other options; returns what went wrong, if anything did."""
    if not shutil.which("mount"):
        return "there is no `mount`"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    return subprocess.run(command, capture_output=True, text=True).stderr.strip()


@pytest.fixture
def small_disk(tmp_path):
    """A folder that holds 2 MB and no more."""
    place = tmp_path / "small"
    place.mkdir()
    if trouble := mount(place, "size=2m"):
        pytest.skip(f"a small file system cannot be mounted by this user here: {trouble}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_run_on_a_full_disk_ends_in_a_sentence_and_resumes(work, small_disk, monkeypatch, capfd):
    """One checkpoint fits, a second and the weights do not; with more room, the run goes on."""
    recipe = (work / "frail.py").read_text()
    recipe = recipe.replace("channels=(4,)", "channels=(32, 32)").replace("size=3", "size=7")
    (work / "frail.py").write_text(recipe)
    command = [sys.executable, "-m", "app", "train", "frail.py", "--runs", str(small_disk)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    output = ended.stdout + ended.stderr
    assert ended.returncode == 2, output
    assert "Traceback" not in output and output.count("error: ") == 1
    assert ".weights.h5: the disk is full. Free space or choose another folder" in output
    assert "checkpoint of epoch 2 could not be written" in output and "epoch 2/2" in output
    (folder,) = small_disk.iterdir()
    assert status(folder) == "failed"
    assert checkpoints(folder) == ["checkpoint-0001.npz"]
    arrays, state = read_checkpoint(folder / "checkpoints" / "checkpoint-0001.npz")
    assert state["epoch"] == 1
    assert all(np.isfinite(array).all() for array in arrays.values() if array.dtype.kind == "f")

    assert not mount(small_disk, "remount,size=64m")
    monkeypatch.setattr("app.tasks.diffusion.finish", lambda *parts: None)
    assert main(["train", "--resume", folder.name, "--runs", str(small_disk)]) == 0
    text = said(capfd)
    assert "epoch 2/2" in text and "epoch 1/2" not in text
    assert status(folder) == "finished"
