"""Recipes of entropy-scaled noise and of cold diffusion, shrunk: train, resume, sample, export."""

import dataclasses
import json

import h5py
import keras
import numpy as np
import pytest

from app import config
from app.cli import main
from app.recipes import RECIPES
from app.train import resume, train
from tests.end_to_end.conftest import unexported

SMALL = {
    "data": config.Data(name="digits"),
    "network": config.PlainCNN(channels=(4, 4), kernel_size=3),
    "training": config.Training(epochs=3, batch_size=256, ema_decay=0.9),
    "watching": config.Watching(sample_every=0, samples=4),
    "evaluation": config.Evaluation(samples=16, extractor="pixels"),
}


def shrunk(name, noise_data=None):
    """A recipe of the list with a short chain, embedded data and a network of a few weights."""
    recipe = RECIPES[name]
    data = {} if noise_data is None else {"noise_data": str(noise_data)}
    diffusion = dataclasses.replace(recipe.diffusion, steps=20, **data)
    sampling = dataclasses.replace(recipe.sampling, steps=4, batch_size=4)
    return dataclasses.replace(recipe, **SMALL, diffusion=diffusion, sampling=sampling)


@pytest.fixture(scope="module")
def spots(tmp_path_factory):
    """An archive of 200 images for the place of noise: 40 of them to start from."""
    path = tmp_path_factory.mktemp("noise") / "spots.npz"
    images = np.random.default_rng(0).integers(0, 256, (200, 5, 5, 1), dtype="uint8")
    np.savez(path, images=images)
    return path


class Stop(keras.callbacks.Callback):
    """Ctrl-C at the beginning of the last epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            raise KeyboardInterrupt


def weights(run, name):
    values = {}
    with h5py.File(run.folder / "weights" / f"{name}.weights.h5") as file:
        file.visititems(
            lambda key, item: values.update({key: item[()]}) if hasattr(item, "dtype") else None
        )
    return values


@pytest.mark.parametrize("name", ["mnist-des", "mnist-cold-small"])
def test_a_run_stopped_and_resumed_leaves_what_a_whole_one_leaves(name, tmp_path, monkeypatch):
    recipe = shrunk(name, None)
    with unexported():
        whole = train(recipe, root=tmp_path / "whole")
    from app.tasks import diffusion

    watchers = diffusion.watchers
    with monkeypatch.context() as patch:
        patch.setattr(diffusion, "watchers", lambda *parts: [*watchers(*parts), Stop()])
        with pytest.raises(KeyboardInterrupt):
            train(recipe, root=tmp_path / "cut")
    (folder,) = (tmp_path / "cut").iterdir()
    cut = resume(folder.name, tmp_path / "cut")
    for kind in ("raw", "ema"):
        one, two = weights(whole, kind), weights(cut, kind)
        assert one.keys() == two.keys() and one
        for key, value in one.items():
            np.testing.assert_array_equal(value, two[key], err_msg=key)
    steps = [json.loads(line)["step"] for line in (cut.folder / "metrics.jsonl").open()]
    assert steps == [0, 1, 2]
    grids = [run.folder / "samples" / "grid" / "images-000000.npz" for run in (whole, cut)]
    drawn = [np.load(path)["images"] for path in grids]
    np.testing.assert_array_equal(*drawn)
    check_exports(cut, recipe)


def check_exports(run, recipe):
    """The SavedModel, the .keras file and MLflow's copy draw what the run draws."""
    import mlflow
    import tensorflow as tf

    labels = np.arange(3, dtype="int32")
    cold = recipe.diffusion.noise == "images"
    path = run.folder / "saved_model" / "sampler"
    sampler = tf.saved_model.load(str(path)).signatures["serving_default"]
    starts = np.random.default_rng(1).integers(0, 256, (3, 8, 8, 1), dtype="uint8")
    given = {"start": tf.constant(starts)} if cold else {}
    served = sampler(
        seed=tf.constant(5),
        labels=tf.constant(labels),
        guidance=tf.constant(0.0),
        steps=tf.constant(4),
        first_index=tf.constant(2),
        **given,
    )["images"].numpy()
    revived = keras.models.load_model(run.folder / "model.keras")
    from app.build.sampling import drawing

    options = drawing(recipe.sampling, revived.pixel_range) | {"seed": 5, "first_index": 2}
    options |= {"start": starts} if cold else {}
    wanted = labels if revived.conditional else None
    own = revived.sample(3, wanted, **options)
    assert np.abs(served.astype(int) - own).max() <= 1
    if not cold:
        assert 0.5 < float(revived.noise.recorded) < 1.0
    version = f"models:/noisewise-{run.recipe}/1"
    model = mlflow.pyfunc.load_model(version)
    asked = {"labels": labels, "start": starts} if cold else labels
    params = {"seed": 5, "steps": 4, "first_index": 2}
    assert model.predict(asked, params=params).shape == (3, 8, 8, 1)


def test_a_run_goes_on_with_the_images_it_was_trained_with(spots, tmp_path, monkeypatch):
    path = tmp_path / "spots.npz"
    path.write_bytes(spots.read_bytes())
    from app.build import noise
    from app.errors import UserError
    from app.tasks import diffusion

    recipe, watchers = shrunk("mnist-cold", path), diffusion.watchers
    with monkeypatch.context() as patch:
        patch.setattr(diffusion, "watchers", lambda *parts: [*watchers(*parts), Stop()])
        with pytest.raises(KeyboardInterrupt):
            train(recipe, root=tmp_path / "runs")
    (folder,) = (tmp_path / "runs").iterdir()
    images = np.load(path)["images"]
    np.savez(path, images=255 - images)
    noise._loaded.cache_clear()
    with pytest.raises(UserError, match="Give it the same ones"):
        resume(folder.name, tmp_path / "runs")


def test_the_verbs_draw_and_refuse(spots, world, capsys):
    runs, recipe = world / "cold-runs", shrunk("mnist-cold", spots)
    run = train(recipe, root=runs)
    check_exports(run, recipe)
    where = ["--runs", str(runs)]
    for sampler in ("cold", "ddim", "dpm_solver"):
        assert main(["sample", run.id, "--count", "7", "--sampler", sampler, *where]) == 0
    assert main(["sample", run.id, "--sampler", "ddpm", *where]) == 2
    assert main(["sample", run.id, "--count", "41", *where]) == 2
    printed = " ".join("".join(capsys.readouterr()).split())
    assert (
        "`sampling.sampler` must be one of cold, ddim, dpm_solver, euler, heun. Received: ddpm"
        in printed
    )
    assert "there are 40 images to start from" in printed
    card = (run.folder / "model_card.md").read_text()
    assert "start=start" in card
