"""Runs with something recorded, and what their MLflow run must then hold."""

import json

import numpy as np
import PIL.Image

from app.run import Run
from app.tracking.store import connect

DATASET = {"name": "digits", "version": "1", "digest": "d" * 64, "samples": 1797}
FACTS = {
    "git": {"commit": "c" * 40, "dirty": True},
    "backend": "jax",
    "device": {"kind": "cpu", "name": "some processor"},
}


def make(tmp_path, config=None, recipe="digits"):
    config = config or {"epochs": 3, "optimizer": {"learning_rate": 1e-3}}
    fields = {"dataset": DATASET, "seeds": {"training": 1}}
    return Run.create(recipe, config, "diffusion", tmp_path / "runs", FACTS, **fields)


def draw(run, epoch, key="samples"):
    image = np.full((64, 64), 40 * epoch, "uint8")
    PIL.Image.fromarray(image).save(run.path("images", f"{key}-{epoch:04d}.png"))


def train(mirror, epochs, start=0):
    for epoch in range(start, epochs):
        draw(mirror.run, epoch)
        mirror.record({"loss": 1 / (epoch + 1), "val_loss": 2.0}, epoch)


def finish(run):
    run.path("weights", "ema.weights.h5").write_bytes(b"w" * 10)
    run.path("checkpoints", "big").write_bytes(b"c" * 10)
    run.path("figures", "loss.png").write_bytes(b"f")
    run.path("model_card.md").write_text("# Card")
    score = {"name": "frechet", "value": 3.5, "samples": 2000, "floor": 1.0, "interval": [3, 4]}
    run.path("scores.json").write_text(json.dumps({"frechet": score}))


def artifacts(client, run_id, path=None):
    for item in client.list_artifacts(run_id, path):
        if item.is_dir:
            yield from artifacts(client, run_id, item.path)
        else:
            yield item.path


def history(client, run_id, name):
    return [(point.step, point.value) for point in client.get_metric_history(run_id, name)]


def check_complete(uri, run, epochs):
    client = connect(uri)
    run_id = Run.open(run.folder).manifest["mlflow"]["run_id"]
    found = client.get_run(run_id)
    assert found.info.status == "FINISHED" and found.info.run_name == run.id
    assert found.data.params == {"epochs": "3", "optimizer.learning_rate": "0.001"}
    assert history(client, run_id, "loss") == [(e, 1 / (e + 1)) for e in range(epochs)]
    assert found.data.metrics["score/frechet"] == 3.5
    assert found.data.metrics["score/frechet.samples"] == 2000
    tags = found.data.tags
    assert tags["noisewise.run_id"] == run.id and tags["noisewise.status"] == "finished"
    assert tags["mlflow.source.git.commit"] == "c" * 40 and tags["noisewise.git_dirty"] == "true"
    assert tags["noisewise.backend"] == "jax" and tags["noisewise.data_digest"] == "d" * 64
    assert tags["mlflow.note.content"] == "# Card" and tags["mlflow.loggedImages"] == "True"
    dataset = found.inputs.dataset_inputs[0].dataset
    assert (dataset.name, dataset.digest) == ("digits", "d" * 36)
    names = set(artifacts(client, run_id))
    assert {"config.json", "manifest.json", "metrics.jsonl", "model_card.md"} <= names
    assert {"weights/ema.weights.h5", "figures/loss.png", "scores.json"} <= names
    assert not [name for name in names if "checkpoints" in name or "mirror" in name]
    images = [name for name in names if name.startswith("images/")]
    for epoch in range(epochs):
        of_epoch = [name for name in images if name.startswith(f"images/samples+step+{epoch}+")]
        assert sorted(name.rsplit(".")[-1] for name in of_epoch) == ["png", "webp"]
