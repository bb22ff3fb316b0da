"""Digits by measured attributes, a stand-in of CelebA: trained, drawn, measured, served."""

import json
import os
import shutil

import keras
import numpy as np
import pytest

from app.cli import main
from app.data.digit_attributes import DigitAttributes
from tests.app.data.celeba import store_celeba
from tests.end_to_end.conftest import unexported

NAMES = DigitAttributes.names
RECIPE = """
from app.config import *

RECIPE = Recipe(
    name="tiny-attributes",
    data=Data(name="mnist-5k-attributes"),
    network=PlainCNN(channels=(4, 4), kernel_size=3),
    diffusion=Diffusion(steps=20, condition="attributes", scale_to_steps=True),
    training=Training(epochs=1, batch_size=900, ema_decay=0.9),
    sampling=Sampling(steps=2, guidance=1.0, batch_size=4),  # one shape, compiled once
    watching=Watching(sample_every=1, samples=10, score_every=1, score_samples=16),
    evaluation=Evaluation(
        samples=16, extractor="pixels", attribute_samples=3, attribute_rows=("has_hole,two_holes",)
    ),
)
"""


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """The finished run of the tiny recipe: (folder of runs, run id)."""
    folder = tmp_path_factory.mktemp("attributes")
    (folder / "tiny.py").write_text(RECIPE)
    assert main(["train", str(folder / "tiny.py"), "--runs", str(folder / "runs")]) == 0
    return folder / "runs", next((folder / "runs").iterdir()).name


def test_a_run_leaves_names_figures_and_scores(digits):
    import mlflow

    runs, run_id = digits
    manifest = json.loads((runs / run_id / "manifest.json").read_text())
    assert manifest["attributes"] == list(NAMES) and manifest["status"] == "finished"
    figures = {path.stem for path in (runs / run_id / "figures").iterdir()}
    assert {"attributes", "attribute_control", "attribute-has_hole-with-two_holes"} <= figures
    assert {f"attribute-{name}" for name in NAMES} <= figures
    scores = json.loads((runs / run_id / "scores.json").read_text())
    shares = {f"attribute_{name}" for name in (*NAMES, "has_hole_with_two_holes")}
    assert {*shares, *(f"{name}_unasked" for name in shares), "attribute_control"} <= set(scores)
    assert scores["attribute_thick"]["samples"] == 3 and len(scores["attribute_thick"]["interval"])
    assert scores["attribute_thick_unasked"]["floor"] == pytest.approx(0.25, abs=0.06)
    client = mlflow.MlflowClient(os.environ["MLFLOW_TRACKING_URI"])
    run = client.get_run(manifest["mlflow"]["run_id"])
    assert run.data.tags["noisewise.attributes"].startswith("thick, wide")
    assert any("attribute_control" in name for name in run.data.metrics)
    sent = {item.path for item in client.list_artifacts(run.info.run_id, "figures")}
    assert {"figures/attributes.png", "figures/attribute-thick.png"} <= sent


def test_the_numbers_are_those_of_the_images_kept(digits):
    runs, run_id = digits
    asked = None
    for path in (runs / run_id / "samples").glob("attributes-*/images-000000.npz"):
        with np.load(path) as part:
            assert part["attribute_names"].tolist() == list(NAMES)
            assert len(part["images"]) == 3 * 11
            if (part["labels"] != 0).all():
                asked = part["images"], part["labels"]
            else:
                assert (part["labels"] == 0).all()
    images, labels = asked
    both = np.full(10, -1.0)
    both[[5, 6]] = 1
    assert labels[10].tolist() == both.tolist() and labels[0].tolist() == [1] + [-1] * 9
    wide = DigitAttributes()(images[1::11])[:, 1] > 0
    scores = json.loads((runs / run_id / "scores.json").read_text())
    assert scores["attribute_wide"]["value"] == pytest.approx(wide.mean())


def test_sampling_by_name(digits):
    runs, run_id = digits
    where = ["--count", "5", "--seed", "3", "--runs", str(runs)]
    before = set((runs / run_id).rglob("*.npz"))
    request = ["sample", run_id, "--attributes", "thick,has_hole", "any", *where]
    assert main(request) == 0
    (path,) = set((runs / run_id).rglob("*.npz")) - before
    with np.load(path) as drawn:
        labels = drawn["labels"]
    assert (labels[[1, 3]] == 0).all() and (labels[[0, 2, 4]] != 0).all()
    assert [NAMES[i] for i in np.flatnonzero(labels[0] > 0)] == ["thick", "has_hole"]


def test_what_does_not_fit_is_refused(digits, tiny, tmp_path, refused):
    runs, run_id = digits
    where = ["--runs", runs]
    refused(["sample", run_id, "--attributes", "thin", *where], "no attribute 'thin'.*Known: thick")
    refused(["sample", run_id, "--labels", "3", *where], "leave out --labels.*Known: thick, wide")
    refused(["sample", tiny[1], "--attributes", "thick", "--runs", tiny[0]], "leave out --attrib")
    by_class = ["evaluate", tiny[1], "--metrics", "attribute_control", "--runs", tiny[0]]
    refused(by_class, "attribute_control.*needs a run conditional on attributes")
    recipe = tmp_path / "classes.py"
    recipe.write_text(RECIPE.replace("mnist-5k-attributes", "mnist-5k"))
    refused(["train", recipe, *where], "conditional on attributes, but mnist-5k has none")
    recipe.write_text(RECIPE)
    rows = ["--evaluation.attribute-rows", "thick,Male", *where]
    refused(["train", recipe, *rows], "no attribute 'Male'.*Known: thick, wide")
    unknown = ["--data.attribute-names", "thick", "Bald", *where]
    refused(["train", recipe, *unknown], "must be among: thick, wide.*Received: Bald")


def test_served_and_saved_programs_take_vectors(digits):
    tf = pytest.importorskip("tensorflow")
    runs, run_id = digits
    loaded = tf.saved_model.load(str(runs / run_id / "saved_model" / "sampler"))
    served = loaded.signatures["serving_default"]
    spec = served.structured_input_signature[1]["labels"]
    assert spec.shape.as_list() == [None, 10] and spec.dtype == tf.float32
    vectors = np.where(np.eye(10, dtype="float32")[:2] > 0, 1.0, -1.0).astype("float32")
    model = keras.models.load_model(runs / run_id / "model.keras")
    assert model.condition.names == NAMES
    arguments = {"seed": 4, "guidance": 2.0, "steps": 3, "first_index": 0}
    images = served(
        labels=tf.constant(vectors), **{name: tf.constant(v) for name, v in arguments.items()}
    )["images"].numpy()
    own = model.sample(labels=vectors, **arguments)
    assert np.abs(images.astype(int) - own.astype(int)).max() <= 1
    free = model.sample(labels=0 * vectors, **arguments)
    assert np.any(own != free), "the condition has a say"
    with pytest.raises(Exception, match="vectors of 10 numbers.*shape \\(2, 9\\)"):
        model.sample(labels=vectors[:, :9])


def test_another_evaluation_keeps_the_control(digits):
    runs, run_id = digits
    before = json.loads((runs / run_id / "scores.json").read_text())
    again = ["evaluate", run_id, "--samples", "16", "--metrics", "kid", "--runs", str(runs)]
    assert main(again) == 0
    after = json.loads((runs / run_id / "scores.json").read_text())
    assert after["attribute_thick"] == before["attribute_thick"] and "kid" in after


def test_a_stopped_run_goes_on(digits, tmp_path):
    runs, run_id = digits
    run = tmp_path / run_id
    shutil.copytree(runs / run_id, run)
    manifest, config = (json.loads((run / f"{n}.json").read_text()) for n in ("manifest", "config"))
    manifest.update(status="stopped", mlflow=None)
    config["training"]["epochs"] = 2
    (run / "manifest.json").write_text(json.dumps(manifest))
    (run / "config.json").write_text(json.dumps(config))
    with unexported():
        assert main(["train", "--resume", run_id, "--runs", str(tmp_path)]) == 0
    rows = [json.loads(line) for line in (run / "metrics.jsonl").open()]
    assert [row["step"] for row in rows] == [0, 1] and {"fmd", "val_loss"} <= set(rows[1])


def test_faces_by_a_stand_in(world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("faces")
    store_celeba(folder)
    runs = folder / "runs"
    options = {
        "data.directory": folder,
        "data.size": 16,
        "network.width": 4,
        "network.multipliers": "1 1",
        "network.blocks": 1,
        "diffusion.steps": 5,
        "sampling.steps": 2,
        "sampling.batch-size": 4,
        "training.epochs": 1,
        "training.batch-size": 8,
        "watching.samples": 10,
        "evaluation.samples": 16,
        "evaluation.attribute-samples": 2,
        "optimizer.warmup-steps": 1,
    }
    words = [word for name, v in options.items() for word in (f"--{name}", *str(v).split())]
    with unexported():
        assert main(["train", "celeba-attributes", *words, "--runs", str(runs)]) == 0
    run = next(runs.iterdir())
    manifest = json.loads((run / "manifest.json").read_text())
    assert (
        manifest["attributes"][:2] == ["Bald", "Black_Hair"] and len(manifest["attributes"]) == 10
    )
    assert (run / "figures" / "attribute-Bald-with-Male.png").exists()
    scores = json.loads((run / "scores.json").read_text())
    assert "frechet" in scores and "attribute_control" not in scores, "nothing measures faces here"
