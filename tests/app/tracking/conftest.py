"""A private MLflow store for each test."""

import shutil

import pytest

from app.tracking.store import connect


@pytest.fixture(autouse=True)
def seeded():
    """Nothing here draws numbers: the shared fixture, which clears Keras, is not needed."""


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """A store made once, copied by tests: making one takes seconds."""
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    with pytest.MonkeyPatch.context() as patch:  # MLflow writes the address into the environment
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{path}")
        connect(f"sqlite:///{path}")
    return path


@pytest.fixture
def store(tmp_path, empty_store, monkeypatch):
    """A private store; returns its tracking URI."""
    folder = tmp_path / "store"
    folder.mkdir()
    shutil.copy(empty_store, folder / "mlflow.db")
    monkeypatch.chdir(tmp_path)
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    return uri
