"""Shared by all tests: quiet backends, one seed, a private MLflow store, no network."""

import os
import tempfile

# What JAX compiles is kept on disk for a session: tests and the processes that they start compile
# the same programs again and again. Workers of pytest-xdist have the folder of their session.
PROGRAMS = None
if "PYTEST_XDIST_WORKER" not in os.environ:
    PROGRAMS = tempfile.TemporaryDirectory(prefix="noisewise-programs-")
    os.environ["JAX_COMPILATION_CACHE_DIR"] = PROGRAMS.name
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
# Tests compile much and compute little: with all of XLA's optimizer they take a fifth longer on
# JAX. Level 0 is quicker still, but draws NaN where a text guides one image at a time.
FAST = "--xla_backend_optimization_level=1 --xla_llvm_disable_expensive_passes=true"
os.environ.setdefault("XLA_FLAGS", FAST)
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("NO_COLOR", "1")

from app.backend import start_backend  # noqa: E402

start_backend()

import keras  # noqa: E402
import pytest  # noqa: E402


def pytest_unconfigure():
    """Removes what JAX compiled."""
    if PROGRAMS:
        PROGRAMS.cleanup()


@pytest.fixture(scope="module", autouse=True)
def programs_of_a_file():
    """What JAX compiled for a file of tests leaves memory with it: gigabytes by the end."""
    yield
    if keras.backend.backend() == "jax":
        import jax

        jax.clear_caches()


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
