"""Shared by all tests: quiet backends, one seed, a private MLflow store, no network."""

import os

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("NO_COLOR", "1")

from app.backend import start_backend  # noqa: E402

start_backend()

import keras  # noqa: E402
import pytest  # noqa: E402


@pytest.fixture(autouse=True)
def seeded():
    """Every test starts from the same seed (clearing Keras's session too would cost a second)."""
    keras.utils.set_random_seed(0)


@pytest.fixture(scope="session", autouse=True)
def private_cache(tmp_path_factory):
    """Features that tests compute stay out of the user's cache."""
    patch = pytest.MonkeyPatch()
    patch.setenv("NOISEWISE_CACHE", str(tmp_path_factory.mktemp("cache")))
    yield
    patch.undo()


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real data sets beside the repository, or a skip that says so."""
    from pathlib import Path

    folder = Path(os.environ.get("NOISEWISE_DATA", Path(__file__).parent.parent / "shared/data"))
    if not (folder / "tfds").is_dir():
        pytest.skip(f"real data sets not found in {folder} (set NOISEWISE_DATA)")
    return folder
