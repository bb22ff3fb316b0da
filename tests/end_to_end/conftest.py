"""One tiny run for all end-to-end tests: trained once, in a store of its own."""

import contextlib
import json
import re

import numpy as np
import pytest

from app.cli import main
from app.config import to_dict
from tests.end_to_end.frail import prepare
from tests.end_to_end.images import noisy

RECIPE = """
from app.config import *

RECIPE = Recipe(
    name="tiny",
    summary="Seconds, for tests.",
    data=Data(name="digits"),
    network=PlainCNN(channels=(4, 4), kernel_size=3),
    diffusion=Diffusion(steps=20, condition="class", scale_to_steps=True),
    training=Training(epochs=2, batch_size=256, ema_decay=0.9, swa_start_epoch=1),
    sampling=Sampling(steps=4, guidance=1.0, batch_size=4),  # one shape, compiled once
    watching=Watching(sample_every=1, samples=10, score_every=1, score_samples=16),
    evaluation=Evaluation(samples=64, extractor="pixels"),
)
"""


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """A folder with recipe file, runs and MLflow store, and the environment that points there."""
    folder = tmp_path_factory.mktemp("world")
    (folder / "tiny.py").write_text(RECIPE)
    patch = pytest.MonkeyPatch()
    patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
    patch.delenv("NOISEWISE_DATA", raising=False)
    patch.setenv("TFDS_DATA_DIR", str(folder / "no-tfds-here"))
    yield folder
    patch.undo()


@contextlib.contextmanager
def own_store(world):
    """MLflow's address is that of the world: other tests let MLflow write theirs into it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{world}/mlflow.db")
        yield


@contextlib.contextmanager
def unexported():
    """Runs end without SavedModels, which take seconds: where others than these are looked at."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.tasks.diffusion_results.export", lambda *parts: {"sampler": None})
        patch.setattr("app.tasks.classification_results.export_classifier", lambda *parts: None)
        yield


@pytest.fixture(autouse=True)
def in_own_store(world):
    """Every test here has the store of the world."""
    with own_store(world):
        yield


@pytest.fixture(scope="session")
def tiny(world):
    """The finished run: (folder of runs, run id)."""
    runs = world / "runs"
    with own_store(world):
        assert main(["train", str(world / "tiny.py"), "--runs", str(runs)]) == 0
    return runs, next(runs.iterdir()).name


@pytest.fixture
def work(world, tmp_path, monkeypatch):
    """A prepared folder of its own."""
    return prepare(tmp_path, monkeypatch)


@pytest.fixture
def refused(capsys, monkeypatch):
    """A function (arguments, pattern): they fail with one sentence of that pattern, no traceback.

    Lines are joined and the frames of the option parser left out before the pattern is searched.
    """
    monkeypatch.setenv("COLUMNS", "240")
    monkeypatch.setattr("app.train.fit", lambda *parts: pytest.fail("training began"))

    def check(arguments, pattern):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:  # the option parser
            code = end.code
        output = "".join(capsys.readouterr())
        assert code not in (0, None), output
        assert "Traceback" not in output and "Unexpected failure" not in output, output
        words = " ".join(re.sub("[│╭╮╰╯─]", " ", output).split())
        assert re.search(pattern, words), words

    return check


def make_run(runs, name="20260101-000000-made", **changes):
    """A run folder as `train` leaves it, of two images' worth of weights, without training."""
    from app.build.diffusion import build_model
    from app.recipes import load_recipe

    folder = runs / name
    (folder / "weights").mkdir(parents=True)
    (runs.parent / "made.py").write_text(RECIPE)
    recipe = load_recipe(str(runs.parent / "made.py"))
    manifest = {
        "version": 1,
        "id": name,
        "kind": "diffusion",
        "recipe": "tiny",
        "status": "stopped",
        "dataset": {"name": "digits", "version": "1", "digest": "0123456789abcdef"},
        "images": [[8, 8, 1], 10],
        **changes,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "config.json").write_text(json.dumps(to_dict(recipe)))
    build_model(recipe, (8, 8, 1), 10).save_weights(folder / "weights" / "raw.weights.h5")
    return folder


@pytest.fixture
def place(world, tmp_path, monkeypatch):
    """A current folder with `noisy.npz`, its own cache, and the store of the session."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NOISEWISE_CACHE", str(tmp_path / "cache"))
    images, labels = noisy()
    np.savez(tmp_path / "noisy.npz", images=images, labels=labels)
    return tmp_path
