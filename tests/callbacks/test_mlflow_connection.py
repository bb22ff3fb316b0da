import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from callbacks.mlflow_connection import SETTINGS, Connection, import_mlflow, probe
from tests.app.tracking.server import free_port

ROOT = Path(__file__).parents[2]


def test_mlflow_not_installed(tmp_path):
    """From the root of the clone, the folder mlflow/ then imports as an empty package."""
    code = (
        "import runpy, sys; sys.path = [p for p in sys.path if 'site-packages' not in p]\n"
        "connection = runpy.run_path('callbacks/mlflow_connection.py')\n"
        "try: connection['import_mlflow']()\nexcept ImportError as error: print(error)"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert "mlflow is not installed" in answer.stdout, answer.stderr


def test_settings_of_the_user_win(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "99")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "false")
    monkeypatch.delenv("DO_NOT_TRACK", raising=False)
    import_mlflow()
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "99" and "DO_NOT_TRACK" not in os.environ
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_TIMEOUT")
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY")
    import_mlflow()
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == os.environ["DO_NOT_TRACK"] == "true"
    assert all(os.environ[name] for name in SETTINGS)


def test_probe():
    assert probe("sqlite:///nowhere") is None
    assert "refused" in probe(f"http://127.0.0.1:{free_port()}")
    assert probe("http://127.0.0.1:port")


def test_failures_back_off_and_are_said_once():
    said = []
    connection = Connection("sqlite:///x", said.append, "It goes on.")

    def fail():
        time.sleep(0.1)
        raise RuntimeError("no\nspace")

    assert not connection.attempt(fail)
    assert said == ["MLflow at sqlite:///x cannot be written (no). It goes on."]
    assert not connection.attempt(lambda: pytest.fail("too early"))
    assert not connection.attempt(fail, patient=True) and len(said) == 1
    assert connection.attempt(lambda: None, patient=True) and len(said) == 2
    with pytest.raises(KeyboardInterrupt):
        connection.attempt(lambda: (_ for _ in ()).throw(KeyboardInterrupt))


@pytest.mark.parametrize("code, words", [(401, "set MLFLOW_TRACKING_USERNAME"), (403, "EDIT")])
def test_a_refused_user_is_told_what_to_do(code, words):
    said = []
    connection = Connection("sqlite:///x", said.append, "It goes on.")
    text = f"API request to endpoint /api/2.0/x failed with error code {code} != 200. Response: no"

    def fail():
        raise RuntimeError(text)

    assert not connection.attempt(fail)
    assert words in said[0] and "Response" not in said[0]
