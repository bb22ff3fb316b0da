"""A classifier with noisy labels: trained, stopped, resumed, exported."""

import json
import os
from dataclasses import replace

import keras
import numpy as np
import pytest

import app.tasks.classification as task
from app.cli import main
from app.config import CustomNetwork, Data, LabelNoise
from app.data import Dataset, load
from app.data.split import indices
from app.errors import UserError
from app.run import Run
from app.tasks.drawn_labels import draw_labels
from app.train import resume, train
from app.trained import recipe_of
from tests.end_to_end.conftest import own_store, unexported
from tests.end_to_end.noisy import RECIPE

WHOLE = Data(name="digits", validation_fraction=0)
AGAIN = """
from dataclasses import replace

from app.config import LabelNoise
from tests.end_to_end import noisy

RECIPE = replace(noisy.RECIPE, noise=LabelNoise(kind="symmetric"))
"""


def present(run):
    return {path.relative_to(run.folder).as_posix() for path in run.folder.rglob("*")}


@pytest.fixture(scope="module")
def finished(world):
    with own_store(world):
        return train(RECIPE, root=world / "noisy-runs")


def test_a_run_leaves_everything_behind(finished):
    for name in (
        "config.json",
        "labels.npy",
        "clean_labels.npy",
        "scores.json",
        "model_card.md",
        "model.keras",
        "weights/raw.weights.h5",
        "figures/training.png",
        "figures/confusion.png",
        "saved_model/classifier/saved_model.pb",
    ):
        assert name in present(finished), name
    assert finished.kind == "classification" and finished.status == "finished"
    assert {
        "loss",
        "val_loss",
        "test_accuracy",
        "test_cross_entropy",
        "calibration_error",
        "fitted_right",
        "fitted_wrong",
        "gradient_norm",
    } <= set(finished.metrics()[-1])


def test_the_labels_drawn_are_saved_and_their_rate_is_recorded(finished):
    noisy, clean = (np.load(finished.folder / f"{name}.npy") for name in ("labels", "clean_labels"))
    assert len(noisy) == len(clean) == 1438  # of the 1,797 digits, a fifth is for the test
    assert abs((noisy != clean).mean() - 0.3) < 0.06  # five standard deviations
    np.testing.assert_array_equal(clean, load("digits", split="train").labels)
    noise = finished.manifest["label_noise"]
    assert noise["count"] == 1293 and len(noise["rate_by_class"]) == 10  # without those held out
    assert noise["rate"] == pytest.approx(noise["wrong"] / noise["count"])


def test_mlflow_holds_the_run(finished):
    import mlflow

    client = mlflow.MlflowClient(os.environ["MLFLOW_TRACKING_URI"])
    run = client.get_run(Run.open(finished.folder).manifest["mlflow"]["run_id"])
    assert run.data.params["noise.rate"] == "0.3"
    assert {"test_accuracy", "score/test_accuracy"} <= set(run.data.metrics)
    assert run.info.status == "FINISHED"


def test_the_saved_model_classifies_uint8_images(finished):
    import tensorflow as tf

    served = tf.saved_model.load(str(finished.folder / "saved_model/classifier"))
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1)).astype("uint8")
    answer = served.signatures["serving_default"](images=tf.constant(images))
    assert answer["logits"].shape == (5, 10)
    np.testing.assert_allclose(answer["probabilities"].numpy().sum(axis=1), 1.0, rtol=1e-5)


def test_the_clean_labels_of_training_images_do_not_reach_the_model(finished):
    parts = task.prepare(RECIPE)
    train, validation = task.batches(RECIPE, parts)
    drawn = np.load(finished.folder / "labels.npy")
    kept, held = indices(len(drawn), drawn, 0.1, seed=0)
    seen = np.concatenate([labels for _, labels in train])
    np.testing.assert_array_equal(seen, drawn[kept][train.order()][: len(seen)])
    # The labels of the validation part are as noisy; those of the test images are the true ones.
    clean = task.prepare(replace(RECIPE, noise=LabelNoise(), data=WHOLE)).test
    np.testing.assert_array_equal(parts.test.labels, clean.labels)
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in validation]), drawn[held])


@pytest.mark.parametrize("fraction", [0.1, 0.0])
def test_the_labels_of_a_run_can_be_used_again(finished, world, fraction):
    path = finished.folder / "labels.npy"
    (world / "noisy_again.py").write_text(AGAIN)
    runs = world / f"again-{fraction}"
    options = ["--noise.kind", "file", "--noise.path", str(path), "--runs", str(runs)]
    options += ["--data.validation-fraction", str(fraction)]
    with unexported():
        assert main(["train", str(world / "noisy_again.py"), *options]) == 0
    run = Run.open(next(runs.iterdir()))
    for name in ("labels.npy", "clean_labels.npy"):
        again = np.load(run.folder / name)
        np.testing.assert_array_equal(again, np.load(finished.folder / name))
    # What reaches the model: each image has the label that it has in the file.
    recipe = recipe_of(run, "classification")
    images, labels = load("digits", split="train").images, np.load(path)
    label_of = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}
    parts = task.prepare(recipe)
    for part in filter(None, (parts.train, parts.validation)):
        assert part.labels.tolist() == [label_of[image.tobytes()] for image in part.images]
    assert parts.train.digest == run.manifest["dataset"]["digest"]
    same = parts.train.digest == finished.manifest["dataset"]["digest"]
    assert same == (fraction == 0.1)


def test_every_kind_of_noise_is_drawn_by_its_name():
    for kind in ("none", "symmetric", "asymmetric", "instance"):
        recipe = replace(RECIPE, noise=LabelNoise(kind=kind))
        facts = task.facts(recipe, task.prepare(recipe))["label_noise"]
        assert facts["kind"].split("-")[0].split(",")[0].split(" ")[0] == kind
        assert (facts["wrong"] > 50) == (kind != "none")


def test_asymmetric_noise_of_other_classes_is_refused(monkeypatch):
    dataset = Dataset("two", np.zeros((4, 8, 8, 1), "uint8"), [0, 1, 0, 1], ("cat", "mouse"))
    with pytest.raises(UserError, match="published pairs.*This data set has: cat, mouse"):
        draw_labels(dataset, LabelNoise(kind="asymmetric"))


OWN = """
import keras

def network(image_size, image_channels, classes, activation=None):
    inputs = keras.Input((image_size, image_size, image_channels))
    flat = keras.layers.Flatten()(inputs)
    return keras.Model(inputs, keras.layers.Dense(classes, activation)(flat))
"""


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_an_own_network_that_gives_probabilities_is_refused(
    activation, world, tmp_path, monkeypatch
):
    (tmp_path / "own_classifier.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    own = CustomNetwork(path="own_classifier:network")
    parts = task.prepare(RECIPE)
    assert task.untrained(replace(RECIPE, network=own), parts).count_params() == 65 * 10
    with_one = CustomNetwork(path=own.path, arguments={"activation": activation})
    with pytest.raises(UserError, match="own_classifier:network gives probabilities.*softmax or"):
        task.untrained(replace(RECIPE, network=with_one), parts)


class Stop(keras.callbacks.Callback):
    """Ctrl-C in the middle of the second epoch."""

    def on_train_batch_end(self, batch, logs=None):
        if self.model.optimizer.iterations.numpy() >= 25:
            raise KeyboardInterrupt


def test_a_stopped_run_goes_on_to_the_same_weights(finished, tmp_path, monkeypatch):
    watchers = task.watchers
    with monkeypatch.context() as patch:
        patch.setattr(task, "watchers", lambda *parts: [*watchers(*parts), Stop()])
        with pytest.raises(KeyboardInterrupt):
            train(RECIPE, root=tmp_path)
    stopped = next(tmp_path.iterdir())
    assert Run.open(stopped).status == "stopped"
    run = resume(stopped.name, root=tmp_path)
    for name in ("scores.json", "weights/raw.weights.h5"):
        ours, theirs = (folder.folder / name for folder in (run, finished))
        if name.endswith("json"):
            assert json.loads(ours.read_text()) == json.loads(theirs.read_text())
        else:
            first, second = (
                keras.saving.load_model(f.folder / "model.keras") for f in (run, finished)
            )
            for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
                np.testing.assert_array_equal(one, other)
    assert [row["step"] for row in run.metrics()] == [0, 1, 2]


def test_evaluate_and_export_know_a_classifier_and_sample_refuses_it(finished, capsys):
    scores = json.loads((finished.folder / "scores.json").read_text())
    assert main(["evaluate", str(finished.folder)]) == 0
    again = json.loads((finished.folder / "scores.json").read_text())
    assert again["test_accuracy"] == scores["test_accuracy"]
    assert main(["evaluate", str(finished.folder), "--metrics", "kid", "--samples", "64"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "`--data-directory` can be chosen. Received: --metrics, --samples" in said
    assert main(["export", str(finished.folder)]) == 0
    assert main(["sample", str(finished.folder)]) == 2
    assert (
        "is of the kind classification; this needs one of the kind diffusion"
        in capsys.readouterr().err
    )
