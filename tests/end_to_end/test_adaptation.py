"""Adaptation between two embedded domains: trained, measured, exported, resumed, refused."""

import json
import shutil
from dataclasses import replace

import keras
import numpy as np
import pytest
from PIL import Image

import app.tasks.adaptation as task
from app.cli import main
from app.config import Adaptation, Alignment, ConvBackbone, Data, Movement, Training
from app.data import Dataset
from app.errors import UserError
from app.models.statistics import adapt_statistics
from app.run import Run
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


@pytest.fixture(scope="module", autouse=True)
def few_shown():
    """Feature maps of a few images: the t-SNE of the usual number takes seconds a run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.tasks.adaptation_results.SHOWN", 40)
        yield


@pytest.fixture(scope="module")
def finished(few_shown, world):
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


def test_averages_are_served_and_the_classifier_has_the_statistics_of_the_target(world, tmp_path):
    alignment = Alignment(stages=(1,), conditional=True, entropy_weighted=True, separate=True)
    recipe = replace(
        RECIPE,
        alignment=alignment,
        movement=Movement(spread=0.1, shift=1.0),
        epoch_steps=3,
        training=replace(RECIPE.training, batch_size=64, ema_decay=0.9, swa_start_epoch=1),
    )
    run = train(recipe, root=tmp_path)
    kept = {path.name for path in (run.folder / "weights").iterdir()}
    assert kept >= {"ema.weights.h5", "swa.weights.h5"}
    last = run.metrics()[-1]
    scores = json.loads((run.folder / "scores.json").read_text())
    for name in ("source_test_accuracy", "target_test_accuracy"):  # as the last epoch was measured
        assert scores[name]["value"] == pytest.approx(last[name], abs=1e-9)
    parts = task.prepare(recipe)
    model = task.untrained(recipe, parts)
    model.load_weights(run.folder / "weights" / "raw.weights.h5")
    before = model.backbone.get_weights()
    adapt_statistics(model.backbone, parts.target.images, recipe.evaluation_batch)
    for one, other in zip(before, model.backbone.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_verbs_on_an_adapted_classifier(finished, capsys):
    assert main(["sample", str(finished.folder)]) == 2
    assert (
        "is of the kind adaptation; this needs one of the kind diffusion" in capsys.readouterr().err
    )
    scores = finished.folder / "scores.json"
    written = scores.read_text()
    scores.write_text("{}")
    assert main(["evaluate", str(finished.folder)]) == 0
    assert json.loads(scores.read_text()) == json.loads(written)
    exported = finished.folder / "saved_model" / "classifier"
    shutil.rmtree(exported)
    assert main(["export", str(finished.folder)]) == 0
    assert (exported / "saved_model.pb").is_file() and "classifier:" in capsys.readouterr().out
    assert Run.open(finished.folder).manifest["domains"] == {
        "source": "digits",
        "target": "mnist-5k",
    }


def domain_folder(folder, classes, size=12, images=10, shade=0):
    """Images of a domain, `<folder>/<class>/`: squares whose place tells the class."""
    random = np.random.default_rng(shade)
    for place, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for number in range(images):
            pixels = random.integers(shade, shade + 50, (size, size + 2, 3), dtype=np.uint8)
            pixels[4 * place : 4 * place + 4, :4] += 150
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return str(folder)


def of_folders(source, target, **changes):
    return replace(
        RECIPE,
        source=Data(name=source, size=12, validation_fraction=0.2),
        target=Data(name=target, size=12, validation_fraction=0),
        channels="colour",
        training=Training(epochs=1, batch_size=8, ema_decay=0),
        **changes,
    )


def test_two_folders_are_a_pair(world, tmp_path):
    source, target = (
        domain_folder(tmp_path / "office" / name, ("bike", "mug"), size, images=20, shade=shade)
        for name, size, shade in (("Clipart", 12, 0), ("Real World", 16, 50))
    )
    run = train(of_folders(source, target), root=tmp_path / "runs")
    assert run.manifest["domains"] == {"source": source, "target": target}
    assert run.manifest["images"] == [[8, 8, 3], 2]
    assert run.metrics()[-1]["target_test_accuracy"] in (
        0,
        0.125,
        0.25,
        0.375,
        0.5,
        0.625,
        0.75,
        0.875,
        1,
    )


def test_domains_that_are_no_pair_are_refused(tmp_path):
    mugs = domain_folder(tmp_path / "one", ("bike", "mug"))
    cups = domain_folder(tmp_path / "other", ("bike", "cup"))
    with pytest.raises(UserError, match="same classes. Received: bike, mug... in .*bike, cup..."):
        task.prepare(of_folders(mugs, cups))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="must hold images.*None was found"):
        task.prepare(of_folders(mugs, str(tmp_path / "empty")))
    with pytest.raises(UserError, match="A batch takes 99 images of each domain"):
        recipe = of_folders(mugs, domain_folder(tmp_path / "third", ("bike", "mug")))
        task.batches(
            replace(recipe, training=replace(recipe.training, batch_size=99)), task.prepare(recipe)
        )
    flat = tmp_path / "flat"
    flat.mkdir()
    for number in range(10):
        Image.fromarray(np.zeros((12, 12), "uint8")).save(flat / f"{number}.png")
    with pytest.raises(UserError, match="source needs class labels, and .*flat.* has none"):
        task.prepare(of_folders(str(flat), mugs))


def test_sizes_and_channels_that_differ_are_made_alike():
    parts = task.prepare(RECIPE)  # 8x8 and 28x28
    assert parts.train.image_shape == parts.target.image_shape == (8, 8, 1)
    colour = task.prepare(replace(RECIPE, channels="colour", size=10))
    assert colour.train.image_shape == colour.target.image_shape == (10, 10, 3)


@pytest.mark.parametrize(
    "change, sentence",
    [
        (lambda: replace(RECIPE.alignment, stages=(4,)), "`stages` may hold 1, 2 and 3"),
        (lambda: replace(RECIPE.alignment, stages=(1, 1)), "each once"),
        (lambda: replace(RECIPE.alignment, mmd=-1.0), "`mmd` must be 0 or above"),
        (lambda: replace(RECIPE.alignment, entropy_weighted=True), "needs `conditional`"),
        (lambda: replace(RECIPE, epoch_steps=-1), "`epoch_steps` must be"),
        (lambda: Movement(shift=-1.0), "`shift` must be 0 or above"),
        (
            lambda: replace(RECIPE, target=Data(name="mnist-5k", validation_fraction=0.1)),
            "the target has no labels to validate with",
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        change()
