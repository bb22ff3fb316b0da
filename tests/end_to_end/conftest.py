"""One tiny run for all end-to-end tests: trained once, in a store of its own."""

import pytest

from app.cli import main

RECIPE = """
from app.config import *

RECIPE = Recipe(
    name="tiny",
    summary="Seconds, for tests.",
    data=Data(name="digits"),
    network=PlainCNN(channels=(4, 4), kernel_size=3),
    diffusion=Diffusion(steps=20, condition="class", scale_to_steps=True),
    training=Training(epochs=2, batch_size=256, ema_decay=0.9, swa_start_epoch=1),
    sampling=Sampling(steps=4, guidance=1.0),
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


@pytest.fixture(scope="session")
def tiny(world):
    """The finished run: (folder of runs, run id)."""
    runs = world / "runs"
    assert main(["train", str(world / "tiny.py"), "--runs", str(runs)]) == 0
    return runs, next(runs.iterdir()).name
