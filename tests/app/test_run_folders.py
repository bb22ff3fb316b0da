import json
import subprocess
import sys

import pytest

from app.errors import UserError
from app.run import Run
from app.run_folders import known
from tests.app.made import make


@pytest.fixture(autouse=True)
def seeded():
    """Nothing here draws numbers: the shared fixture, which clears Keras, is not needed."""


def test_ids_are_unique_in_one_second_and_between_processes(tmp_path):
    code = (
        "import sys; from app.run import Run\n"
        "for _ in range(5): print(Run.create('a/b c.py', {}, 'diffusion', sys.argv[1], {}).id)"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    ids = [line for child in children for line in child.communicate()[0].split()]
    assert len(set(ids)) == 20 and set(ids) == set(known(tmp_path))
    assert all("-b-c" in name for name in ids)


def test_open_by_path_prefix_and_mlflow_id(tmp_path):
    run = make(tmp_path, "alpha")
    other = make(tmp_path, "beta")
    run.update(mlflow={"tracking_uri": "x", "run_id": "0123456789abcdef" * 2})
    assert Run.open(run.folder).id == run.id
    assert Run.open(str(run.folder)).id == run.id
    assert Run.open("0123456789abcdef" * 2, tmp_path).id == run.id
    assert Run.open(other.id[:-2], tmp_path).id == other.id
    with pytest.raises(UserError, match="2 runs begin with '20"):
        Run.open("20", tmp_path)


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    run = Run.create("digits", {}, "diffusion", root="~/runs", environment={})
    assert run.folder.parent == tmp_path / "runs"
    assert Run.open(run.id, "~/runs").id == Run.open(f"~/runs/{run.id}").id == run.id
    assert run.name == str(run.folder)


def test_unknown_runs_are_answered_with_known_ones(tmp_path):
    with pytest.raises(UserError, match="No run 'x'.*none yet"):
        Run.open("x", tmp_path)
    run = make(tmp_path)
    with pytest.raises(UserError, match=f"Did you mean '{run.id}'.*newest: {run.id}"):
        Run.open(run.id[:-1] + "z", tmp_path)
    with pytest.raises(UserError, match="No run ''"):
        Run.open("", tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 1}', '{"version": "new"}', "\x00"])
def test_damaged_manifest(tmp_path, text):
    run = make(tmp_path)
    (run.folder / "manifest.json").write_text(text)
    with pytest.raises(UserError, match="damaged"):
        Run.open(run.id, tmp_path)


def test_newer_manifest(tmp_path):
    run = make(tmp_path)
    manifest = {**run.manifest, "version": 2}
    (run.folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="version 2, this code reads up to 1"):
        Run.open(run.id, tmp_path)


def test_root_that_cannot_be_a_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="Cannot write"):
        make(tmp_path / "file")
