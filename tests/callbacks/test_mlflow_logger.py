import os
import shutil
import socket
import subprocess
import sys

import keras
import numpy as np
import pytest

from callbacks.mlflow_connection import import_mlflow
from callbacks.mlflow_logger import MLflowLogger
from tests.callbacks.probes import count_probes

x, y = np.ones((8, 3), "float32"), np.ones((8, 1), "float32")


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """A store made once, copied by tests: making one takes seconds."""
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    import_mlflow().MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def client(tmp_path, empty_store, monkeypatch):
    """A client of a private store, which is also MLflow's own choice."""
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    monkeypatch.chdir(tmp_path)
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv(
        "MLFLOW_TRACKING_URI", uri
    )  # put back afterwards, whatever MLflow does to it
    mlflow = import_mlflow()
    mlflow.set_tracking_uri(uri)
    yield mlflow.MlflowClient(uri)
    mlflow.set_tracking_uri(None)


def compiled():
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model


def history(client, run_id, name):
    return [point.step for point in client.get_metric_history(run_id, name)]


def test_a_bare_fit(client):
    client.create_experiment("digits")
    logger = MLflowLogger(experiment="digits")
    data = {"x": x, "y": y, "validation_data": (x, y), "batch_size": 4, "verbose": 0}
    trained = compiled().fit(**data, epochs=3, callbacks=[logger])
    run = client.get_run(logger.run_id)
    assert run.info.status == "FINISHED"
    assert client.get_experiment(run.info.experiment_id).name == "digits"
    for name in ("loss", "val_loss"):
        points = client.get_metric_history(logger.run_id, name)
        assert [point.step for point in points] == [0, 1, 2]
        np.testing.assert_allclose([p.value for p in points], trained.history[name], rtol=1e-6)
    assert set(run.data.metrics) == {"loss", "val_loss"}
    assert run.data.params["epochs"] == "3" and run.data.params["optimizer_name"] == "Adam"
    assert float(run.data.params["optimizer.learning_rate"]) == pytest.approx(0.01)
    assert run.data.params["keras_backend"] == keras.backend.backend()
    assert "Total params" in import_mlflow().artifacts.load_text(
        f"{run.info.artifact_uri}/model_summary.txt"
    )


def test_a_second_fit_goes_on_in_the_same_run(client):
    logger, model = MLflowLogger(), compiled()
    model.fit(x, y, epochs=2, verbose=0, callbacks=[logger])
    run_id = logger.run_id
    model.fit(x, y, epochs=3, verbose=0, callbacks=[logger])
    model.fit(x, y, epochs=7, initial_epoch=6, verbose=0, callbacks=[logger])
    run = client.get_run(run_id)
    assert logger.run_id == run_id and run.info.status == "FINISHED"
    assert history(client, run_id, "loss") == [0, 1, 2, 3, 4, 6]
    assert run.data.params["epochs"] == "2" and run.data.params["fit_2.epochs"] == "3"


def test_the_active_run_is_used_and_left_open(client):
    mlflow = import_mlflow()
    with mlflow.start_run() as active:
        mlflow.log_param("epochs", "mine")
        compiled().fit(x, y, epochs=1, verbose=0, callbacks=[MLflowLogger()])
        assert client.get_run(active.info.run_id).info.status == "RUNNING"
    run = client.get_run(active.info.run_id)
    assert run.data.params["epochs"] == "mine" and "loss" in run.data.metrics


def test_sink_takes_the_metrics_instead():
    seen = []
    logger = MLflowLogger(sink=lambda metrics, epoch: seen.append((epoch, metrics)))
    compiled().fit(x, y, epochs=4, initial_epoch=2, verbose=0, callbacks=[logger])
    assert [epoch for epoch, _ in seen] == [2, 3] and logger.run_id is None
    assert all(type(value) is float for _, metrics in seen for value in metrics.values())


def test_no_server_neither_ends_nor_delays_a_fit(monkeypatch):
    said, probes = [], count_probes(monkeypatch)
    with socket.socket() as taken:  # listens, never answers
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        logger = MLflowLogger(tracking_uri=url, say=said.append)
        compiled().fit(x, y, epochs=20, verbose=0, callbacks=[logger])
    assert max(probes) <= 1 and len(probes) < 5  # seconds each; of 21 that could have been
    assert len(said) == 1 and "timed out" in said[0] and "wait in memory" in said[0]


def test_a_store_that_dies_in_the_middle_gets_everything_later(client, monkeypatch):
    said = []
    logger, model = MLflowLogger(say=said.append), compiled()
    real = type(client).log_batch

    def log_batch(self, *arguments, **options):
        if options.get("metrics") and 1 <= options["metrics"][0].step <= 2:
            raise ConnectionError("gone")
        return real(self, *arguments, **options)

    monkeypatch.setattr(type(client), "log_batch", log_batch)
    model.fit(x, y, epochs=3, verbose=0, callbacks=[logger])
    assert len(said) == 1 and "gone" in said[0]
    assert history(client, logger.run_id, "loss") == [0]
    monkeypatch.undo()
    model.fit(x, y, epochs=4, initial_epoch=3, verbose=0, callbacks=[logger])
    assert history(client, logger.run_id, "loss") == [0, 1, 2, 3]
    assert len(said) == 2 and client.get_run(logger.run_id).info.status == "FINISHED"


def test_a_fit_that_fails_is_marked_at_exit(client, tmp_path):
    code = (
        "import keras, numpy as np\n"
        "from callbacks.mlflow_logger import MLflowLogger\n"
        "model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])\n"
        "model.compile('sgd', 'mse')\n"
        "def fail(epoch, logs):\n    raise RuntimeError('on purpose')\n"
        "stop = keras.callbacks.LambdaCallback(on_epoch_end=fail)\n"
        "model.fit(np.ones((8, 3)), np.ones((8, 1)), verbose=0, callbacks=[MLflowLogger(), stop])\n"
    )
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    settings = {"MLFLOW_TRACKING_URI": uri, "PYTHONPATH": root, "KERAS_BACKEND": "jax"}
    environment = {**os.environ, **settings}
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert "on purpose" in answer.stderr
    [run] = client.search_runs(["0"])
    assert run.info.status == "FAILED" and "loss" in run.data.metrics
