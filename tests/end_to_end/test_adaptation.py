"""Adaptation between two embedded domains: trained, measured, exported, resumed, refused."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest

import app.tasks.adaptation as task
from app.cli import main
from app.config import Adaptation, Alignment, ConvBackbone, Data, Training
from app.data import Dataset
from app.errors import UserError
from app.run import Run
from app.tasks.adaptation_results import adapt_statistics, selection
from app.train import resume, train
from tests.end_to_end.conftest import own_store

RECIPE = Adaptation(
    name="tiny-adaptation",
    source=Data(name="digits"),
    target=Data(name="mnist-5k", validation_fraction=0),
    size=8,
    channels="grey",
    network=ConvBackbone(channels=(4, 8), hidden=16),
    alignment=Alignment(stages=(1, 3), mmd=0.1),
    training=Training(epochs=2, batch_size=256, ema_decay=0),
)


@pytest.fixture(scope="module")
def finished(world):
    with own_store(world):
        return train(RECIPE, root=world / "adaptation-runs")


def test_a_run_leaves_everything_behind(finished):
    present = {path.relative_to(finished.folder).as_posix() for path in finished.folder.rglob("*")}
    for name in (
        "scores.json",
        "selection.json",
        "model_card.md",
        "model.keras",
        "figures/features.png",
        "figures/confusion.png",
        "weights/raw.weights.h5",
        "saved_model/classifier/saved_model.pb",
    ):
        assert name in present, name
    assert finished.kind == "adaptation" and finished.status == "finished"
    assert {
        "loss",
        "val_loss",
        "source_test_accuracy",
        "target_test_accuracy",
        "information_maximization",
        "soft_neighbourhood_density",
        "proxy_a_distance",
    } <= set(finished.metrics()[-1])
    assert "oracle (target labels)" in (finished.folder / "model_card.md").read_text()


def test_the_exported_classifier_has_no_domain_head(finished):
    model = keras.saving.load_model(finished.folder / "model.keras")
    assert model.output_shape == (None, 10)
    assert not any("domain" in weight.path for weight in model.variables)


def test_labels_of_the_target_training_images_are_thrown_away():
    parts = task.prepare(RECIPE)
    assert parts.target.labels is None and parts.target.classes == 0
    assert parts.target_test.labels is not None  # for measuring


def test_what_is_watched_has_images_of_every_class_of_a_sorted_set():
    labels = np.repeat(np.arange(10), 200)
    images = np.broadcast_to(labels[:, None, None, None], (2000, 8, 8, 1)).astype("uint8")
    found = task.watched(Dataset("sorted", images))
    assert len(found) == task.WATCHED
    assert np.bincount(found[:, 0, 0, 0], minlength=10).min() > 50  # 100 of each expected


def test_a_stopped_run_goes_on_to_the_same_weights(finished, tmp_path, monkeypatch):
    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    watchers = task.watchers
    with monkeypatch.context() as patch:
        patch.setattr(task, "watchers", lambda *parts: [*watchers(*parts), Stop()])
        with pytest.raises(KeyboardInterrupt):
            train(RECIPE, root=tmp_path)
    run = resume(next(tmp_path.iterdir()).name, root=tmp_path)
    models = [keras.saving.load_model(one.folder / "model.keras") for one in (run, finished)]
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(one, other)


def test_statistics_of_the_target_replace_those_of_both():
    parts = task.prepare(RECIPE)
    model = task.untrained(RECIPE, parts)
    bright = np.full((500, 8, 8, 1), 255, "uint8")
    bright[:250] = 0
    adapt_statistics(model, bright, 100)
    first = next(
        layer
        for layer in model.backbone.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    )
    plain = model.backbone.layers[1]  # the convolution before it
    images = (bright / 255.0).astype("float32")
    maps = keras.ops.convert_to_numpy(plain(images)).reshape(5, 100, 8, 8, -1)
    expected = np.mean([part.mean(axis=(0, 1, 2)) for part in maps], axis=0)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(first.moving_mean), expected, rtol=1e-4, atol=1e-5
    )


def test_each_rule_chooses_its_epoch():
    rows = [
        {
            "step": step,
            "val_loss": loss,
            "information_maximization": value,
            "soft_neighbourhood_density": -value,
            "target_test_accuracy": accuracy,
        }
        for step, (loss, value, accuracy) in enumerate([(1, 5, 0.2), (2, 9, 0.9), (3, 1, 0.4)])
    ]
    chosen = {rule: row["epoch"] for rule, row in selection(rows).items()}
    assert chosen == {
        "last epoch": 3,
        "source validation": 1,
        "information maximisation": 2,
        "soft neighbourhood density": 3,
        "oracle (target labels)": 2,
    }


def test_verbs_on_an_adapted_classifier(finished, capsys):
    assert main(["sample", str(finished.folder)]) == 2
    assert (
        "is of the kind adaptation; this needs one of the kind diffusion" in capsys.readouterr().err
    )
    assert json.loads((finished.folder / "scores.json").read_text())
    assert Run.open(finished.folder).manifest["domains"] == {
        "source": "digits",
        "target": "mnist-5k",
    }


def test_domains_with_other_classes_are_refused(monkeypatch):
    images = np.zeros((40, 8, 8, 1), "uint8")
    sets = {
        "digits": Dataset("digits", images, np.arange(40) % 2, ("cat", "dog")),
        "mnist-5k": Dataset("mnist-5k", images, np.arange(40) % 2, ("cat", "mouse")),
    }
    monkeypatch.setattr(task, "load_part", lambda data, part: sets[data.name])
    with pytest.raises(UserError, match="same classes. Received: cat, dog.*cat, mouse"):
        task.prepare(RECIPE)
    sets["digits"] = Dataset("digits", images)
    with pytest.raises(UserError, match="source needs class labels"):
        task.prepare(RECIPE)


@pytest.mark.parametrize(
    "change, sentence",
    [
        (lambda: replace(RECIPE.alignment, stages=(4,)), "`stages` may hold 1, 2 and 3"),
        (lambda: replace(RECIPE.alignment, stages=(1, 1)), "each once"),
        (lambda: replace(RECIPE.alignment, mmd=-1.0), "`mmd` must be 0 or above"),
        (
            lambda: replace(RECIPE, target=Data(name="mnist-5k", validation_fraction=0.1)),
            "the target has no labels to validate with",
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        change()
