import json

import pytest

from app.errors import UserError
from app.measuring.subject import kind_of


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = tmp_path / "runs" / "20260101-000000-made"
    run.mkdir(parents=True)
    texts = {"id": run.name, "kind": "diffusion", "recipe": "x", "status": "finished"}
    (run / "manifest.json").write_text(json.dumps({"version": 1, **texts}))
    return run


def test_runs_folders_and_archives(runs, tmp_path):
    (tmp_path / "photos").mkdir()
    for subject in ("20260101", runs.name, str(runs), "runs/20260101-000000-made"):
        assert kind_of(subject) == "run"
    assert kind_of("photos") == kind_of(str(tmp_path / "photos")) == "folder"
    assert kind_of("some.npz") == kind_of("deep/some.npz") == "archive"
    (tmp_path / runs.name).mkdir()
    assert kind_of(runs.name) == "run"  # though a folder has that name


@pytest.mark.parametrize(
    "subject, reason",
    [
        ("nothing", "No run 'nothing'"),
        ("", "No run ''"),
        ("no/such/place", "no run, folder of images or .npz file no/such/place"),
        ("picture.png", "in a folder or in an .npz archive. Received: the file picture.png"),
    ],
)
def test_what_is_none_of_them(runs, tmp_path, subject, reason):
    (tmp_path / "picture.png").write_text("")
    with pytest.raises(UserError, match=reason):
        kind_of(subject)
