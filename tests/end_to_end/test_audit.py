"""Which labels look wrong: the audit of a classifier, stopped and gone on with."""

import csv
import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest

import app.tasks.classification as task
from app.audit import audit
from app.cli import main
from app.data import load
from app.progress import console
from app.run import Run
from app.train import train
from app.trained import recipe_of
from tests.end_to_end.conftest import own_store, unexported
from tests.end_to_end.noisy import RECIPE


@pytest.fixture(scope="module")
def audited(world):
    """(a run on a part of the digits, its order of suspicion, suspects.csv as dicts)."""
    recipe = replace(
        RECIPE,
        data=replace(RECIPE.data, training_images=1400),
        training=replace(RECIPE.training, epochs=8, batch_size=32),
        optimizer=replace(RECIPE.optimizer, learning_rate=5e-3),
        network=replace(RECIPE.network, channels=(16,), hidden=64),
    )
    with own_store(world), unexported():
        run = train(recipe, root=world / "runs")
        with console.capture() as said:
            order = audit(run.id, folds=3, show=20, root=world / "runs")
    assert "Of the first 20 suspects" in said.get()
    with open(run.folder / "audit/suspects.csv") as file:
        return Run.open(run.folder), order, list(csv.DictReader(file))


def test_the_audit_finds_the_wrong_labels_first(audited):
    run, order, rows = audited
    parts = task.prepare(recipe_of(run, "classification"))
    wrong = parts.drawn.wrong
    assert wrong[order[: wrong.sum()]].mean() > 0.6  # chance 0.3
    assert sorted(order) == list(range(len(wrong)))
    assert [int(row["row"]) for row in rows] == order.tolist()
    losses = [float(row["loss"]) for row in rows]
    assert losses == sorted(losses, reverse=True)
    assert (run.folder / "figures/suspects.png").exists()


def test_an_audit_goes_on_after_its_last_whole_fold(audited, tmp_path, monkeypatch):
    from app import audit as module

    run, order, _ = audited
    folder = shutil.copytree(run.folder, tmp_path / "runs" / run.folder.name)
    (folder / "audit/fold-2-of-3.npy").unlink()
    (folder / "audit/fold-3-of-3.npy").write_bytes(b"torn")
    trained, judged = [], module._judged

    def counted(recipe, parts, held, told):
        trained.append(len(held))
        if len(trained) == 2:
            raise KeyboardInterrupt
        return judged(recipe, parts, held, told)

    monkeypatch.setattr(module, "_judged", counted)
    with pytest.raises(KeyboardInterrupt, match="goes on after the last whole fold"):
        audit(str(folder), folds=3)
    np.testing.assert_array_equal(audit(str(folder), folds=3), order)
    assert len(trained) == 3, "the second fold twice: once stopped; the first never"


def test_the_suspects_are_named_by_their_place_in_the_data_set(audited):
    run, _, rows = audited
    parts, whole = task.prepare(recipe_of(run, "classification")), load("digits", split="train")
    assert len(rows) == len(parts.train) < 1400 < len(whole)  # a part is left out, a part held out
    assert any(row["index"] != row["row"] for row in rows)
    for row in rows:
        image = whole.images[int(row["index"])]
        np.testing.assert_array_equal(image, parts.train.images[int(row["row"])])
        assert int(row["label"]) == parts.train.labels[int(row["row"])]


def test_the_precision_of_an_audit_is_kept_and_is_a_metric(audited):
    import mlflow

    run, _, rows = audited
    # Which of the suspects are wrong, by the clean labels of the data set itself.
    clean = load("digits", split="train").labels
    wrong = np.array([clean[int(row["index"])] != int(row["label"]) for row in rows])
    ranks = np.flatnonzero(wrong) + 1
    expected = {
        "audit_precision": wrong[: wrong.sum()].mean(),
        "audit_precision_first": wrong[:20].mean(),
        "audit_average_precision": np.mean(np.arange(1, len(ranks) + 1) / ranks),
    }
    kept = json.loads((run.folder / "audit/precision.json").read_text())
    assert kept["wrong"] == wrong.sum() and kept["chance"] == wrong.mean() and kept["folds"] == 3
    assert main(["evaluate", str(run.folder)]) == 0  # it leaves what it does not measure
    scores = json.loads((run.folder / "scores.json").read_text())
    client = mlflow.MlflowClient(os.environ["MLFLOW_TRACKING_URI"])
    metrics = client.get_run(run.manifest["mlflow"]["run_id"]).data.metrics
    for name, value in expected.items():
        assert kept[name]["value"] == scores[name]["value"] == metrics[f"score/{name}"]
        assert kept[name]["value"] == pytest.approx(value, abs=1e-9)
    assert [kept[name]["samples"] for name in expected] == [wrong.sum(), 20, len(wrong)]
    assert "test_accuracy" in scores
