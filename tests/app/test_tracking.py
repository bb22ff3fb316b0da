import contextlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import numpy as np
import PIL.Image
import pytest

from app.errors import UserError
from app.run import Run
from app.tracking import Mirror, describing, log_model, store_uri, sync, ui, uploads
from app.tracking.store import ROOT, connect
from callbacks.mlflow_connection import SETTINGS, Connection, import_mlflow, probe

DATASET = {"name": "digits", "version": "1", "digest": "d" * 64, "samples": 1797}
FACTS = {
    "git": {"commit": "c" * 40, "dirty": True},
    "backend": "jax",
    "device": {"kind": "cpu", "name": "some processor"},
}


@pytest.fixture(autouse=True)
def seeded():
    """Nothing here draws numbers: the shared fixture, which clears Keras, is not needed."""


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """A store made once, copied by tests: making one takes seconds."""
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
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


def make(tmp_path, config=None, recipe="digits"):
    config = config or {"epochs": 3, "optimizer": {"learning_rate": 1e-3}}
    fields = {"dataset": DATASET, "seeds": {"training": 1}}
    return Run.create(recipe, config, "diffusion", tmp_path / "runs", FACTS, **fields)


def draw(run, epoch, key="samples"):
    image = np.full((64, 64), 40 * epoch, "uint8")
    PIL.Image.fromarray(image).save(run.path("images", f"{key}-{epoch:04d}.png"))


def artifacts(client, run_id, path=None):
    for item in client.list_artifacts(run_id, path):
        if item.is_dir:
            yield from artifacts(client, run_id, item.path)
        else:
            yield item.path


def history(client, run_id, name):
    return [(point.step, point.value) for point in client.get_metric_history(run_id, name)]


def train(mirror, epochs, start=0):
    for epoch in range(start, epochs):
        draw(mirror.run, epoch)
        mirror.record({"loss": 1 / (epoch + 1), "val_loss": 2.0}, epoch)


def finish(run):
    run.path("weights", "ema.weights.h5").write_bytes(b"w" * 10)
    run.path("checkpoints", "big").write_bytes(b"c" * 10)
    run.path("figures", "loss.png").write_bytes(b"f")
    run.path("model_card.md").write_text("# Card")
    score = {"name": "frechet", "value": 3.5, "samples": 2000, "floor": 1.0, "interval": [3, 4]}
    run.path("scores.json").write_text(json.dumps([score]))


def check_complete(uri, run, epochs):
    client = connect(uri)
    run_id = Run.open(run.folder).manifest["mlflow"]["run_id"]
    found = client.get_run(run_id)
    assert found.info.status == "FINISHED" and found.info.run_name == run.id
    assert found.data.params == {"epochs": "3", "optimizer.learning_rate": "0.001"}
    assert history(client, run_id, "loss") == [(e, 1 / (e + 1)) for e in range(epochs)]
    assert found.data.metrics["score.frechet"] == 3.5
    assert found.data.metrics["score.frechet.samples"] == 2000
    tags = found.data.tags
    assert tags["noisewise.run_id"] == run.id and tags["noisewise.status"] == "finished"
    assert tags["mlflow.source.git.commit"] == "c" * 40 and tags["noisewise.git_dirty"] == "true"
    assert tags["noisewise.backend"] == "jax" and tags["noisewise.data_digest"] == "d" * 64
    assert tags["mlflow.note.content"] == "# Card" and tags["mlflow.loggedImages"] == "True"
    dataset = found.inputs.dataset_inputs[0].dataset
    assert (dataset.name, dataset.digest) == ("digits", "d" * 36)
    names = set(artifacts(client, run_id))
    assert {"config.json", "manifest.json", "metrics.jsonl", "model_card.md"} <= names
    assert {"weights/ema.weights.h5", "figures/loss.png", "scores.json"} <= names
    assert not [name for name in names if "checkpoints" in name or "mirror" in name]
    images = [name for name in names if name.startswith("images/")]
    for epoch in range(epochs):
        of_epoch = [name for name in images if name.startswith(f"images/samples+step+{epoch}+")]
        assert sorted(name.rsplit(".")[-1] for name in of_epoch) == ["png", "webp"]


def test_a_whole_run_is_mirrored(tmp_path, store, capsys):
    run = make(tmp_path)
    with Mirror(run, system_metrics=True) as mirror:
        assert connect(store).get_run(mirror.sent["run_id"]).info.status == "RUNNING"
        train(mirror, 3)
        finish(run)
    check_complete(store, run, epochs=3)
    metrics = connect(store).get_run(mirror.sent["run_id"]).data.metrics
    assert 0 <= metrics["system/system_memory_usage_percentage"] <= 100
    assert capsys.readouterr() == ("", "")


class Counting:
    """Counts the calls that change something."""

    def __init__(self, client):
        self.client, self.calls = client, []

    def __getattr__(self, name):
        if name.startswith(("log_", "set_", "create_", "update_")):
            self.calls.append(name)
        return getattr(self.client, name)


def test_the_second_push_sends_nothing(tmp_path, store):
    run = make(tmp_path)
    with Mirror(run) as mirror:
        train(mirror, 2)
        finish(run)
    mirror.client = Counting(mirror.client)
    assert mirror.push(everything=True)
    assert mirror.client.calls == []
    again = Mirror(Run.open(run.folder))
    assert again.sent == mirror.sent
    run.log({"loss": 0.1}, 2)
    mirror.push()
    assert mirror.client.calls == ["log_batch"]


def test_a_lost_note_sends_nothing_twice(tmp_path, store):
    run = make(tmp_path)
    with Mirror(run) as mirror:
        train(mirror, 3)
        finish(run)
    (run.folder / "mirror.json").write_text("{")
    assert sync(Run.open(run.folder)) == mirror.sent["run_id"]
    run.update(mlflow=None)  # then it is found by its tag
    (run.folder / "mirror.json").unlink()
    assert sync(Run.open(run.folder)) == mirror.sent["run_id"]
    check_complete(store, run, epochs=3)


def test_a_run_deleted_in_mlflow_comes_back(tmp_path, store):
    run = make(tmp_path)
    run.set_status("finished")
    run_id = sync(run)
    connect(store).delete_run(run_id)
    assert sync(run) == run_id
    assert connect(store).get_run(run_id).info.lifecycle_stage == "active"


def test_status_of_exception_and_ctrl_c_and_resume(tmp_path, store):
    def status():
        return connect(store).get_run(mirror.sent["run_id"]).info.status

    run = make(tmp_path)
    with pytest.raises(KeyboardInterrupt), Mirror(run) as mirror:
        train(mirror, 2)
        raise KeyboardInterrupt
    assert (run.status, status()) == ("stopped", "KILLED")
    run.set_status("running")
    run.rewind(1)
    with pytest.raises(RuntimeError), Mirror(run) as mirror:
        assert status() == "RUNNING"
        mirror.record({"loss": 7.0}, 1)
        raise RuntimeError("nan")
    assert (run.status, status()) == ("failed", "FAILED")
    client = connect(store)
    assert (
        client.get_run(mirror.sent["run_id"]).data.tags["noisewise.reason"] == "RuntimeError: nan"
    )
    assert history(client, mirror.sent["run_id"], "loss") == [(0, 1.0), (1, 0.5), (1, 7.0)]


def test_long_parameters_are_cut_and_said(tmp_path, store):
    said = []
    config = {"text": "x" * 7000, "odd name!": 1, "list": [1, {"a": 2}], "none": None, "empty": ""}
    mirror = Mirror(make(tmp_path, config), said.append)
    assert mirror.push() and mirror.push()
    assert len(said) == 1 and "cut to 6000" in said[0] and "text" in said[0]
    params = mirror.client.get_run(mirror.sent["run_id"]).data.params
    assert params["text"] == "x" * 6000 and params["odd name_"] == "1"
    assert params["list"] == '[1, {"a": 2}]' and params["none"] == "null"


def test_many_parameters_and_rows_go_in_batches(tmp_path, store):
    run = make(tmp_path, {f"p{i}": i for i in range(250)})
    for step in range(400):
        run.log({"a": step, "b": step, "c": float("nan")}, step)
    mirror = Mirror(run)
    assert mirror.push()
    run_id = mirror.sent["run_id"]
    assert len(mirror.client.get_run(run_id).data.params) == 250
    assert history(mirror.client, run_id, "b") == [(step, step) for step in range(400)]
    assert len(history(mirror.client, run_id, "c")) == 400


def test_names_of_images():
    assert uploads.image_key("samples-0012.png") == ("samples", 12)
    assert uploads.image_key("grid_epoch_3.png") == ("grid", 2)  # epochs count from 1, steps from 0
    assert uploads.image_key("final.png") == ("final", 0)
    assert uploads.image_key("deep/ema-7.png") == ("deep/ema", 7)
    assert uploads.image_key("0003.png") == ("image", 3)


def test_scores_by_list_and_by_name():
    nan = {"name": "a", "value": 1, "floor": float("nan"), "interval": None}
    assert uploads.flatten_scores([nan]) == {"score.a": 1.0}
    assert uploads.flatten_scores({"b": {"value": 2, "samples": 9}, "c": 3}) == {
        "score.b": 2.0,
        "score.b.samples": 9.0,
        "score.c": 3.0,
    }


def test_store_uri(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://server:5000")
    assert store_uri() == "http://server:5000"
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert store_uri() == f"sqlite:///{ROOT}/mlflow/store/mlflow.db"


def test_four_processes_start_on_a_store_that_is_not_there(tmp_path):
    code = (
        "import sys, types; sys.modules['callbacks'] = types.ModuleType('callbacks')\n"
        "sys.modules['callbacks'].__path__ = ['callbacks']  # without keras: quicker\n"
        "from app.run import Run; from app.tracking import Mirror\n"
        "mirror = Mirror(Run.create('digits', {}, 'diffusion', sys.argv[1], {}))\n"
        "[mirror.record({'loss': i}, i) for i in range(5)]\n"
        "sys.exit(mirror._connection.down)"
    )
    environment = {**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/new/mlflow.db"}
    children = [
        subprocess.Popen([sys.executable, "-c", code, tmp_path / "runs"], env=environment, cwd=ROOT)
        for _ in range(4)
    ]
    assert [child.wait() for child in children] == [0, 0, 0, 0]
    with contextlib.closing(sqlite3.connect(tmp_path / "new/mlflow.db")) as database:
        assert database.execute("select count(*) from metrics").fetchone() == (20,)
        assert database.execute("select count(*) from experiments").fetchone() == (2,)


def test_store_trouble_is_a_sentence(tmp_path, monkeypatch):
    run = make(tmp_path)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/file/mlflow.db")
    with pytest.raises(UserError, match="Cannot write"):
        sync(run)
    (tmp_path / "broken.db").write_text("this is no database, whatever it says" * 50)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/broken.db")
    with pytest.raises(UserError, match="cannot be opened"):
        sync(run)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(tmp_path / "mlruns"))
    with pytest.raises(UserError, match="cannot be opened.*maintenance mode"):
        sync(run)


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


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """MLflow's own server application in a thread, quick to start and to kill."""

    def __init__(self, store, port, monkeypatch):
        from mlflow.server import app
        from mlflow.server.handlers import initialize_backend_stores
        from werkzeug.serving import make_server

        folder = store.removeprefix("sqlite:///").removesuffix("mlflow.db")
        for name, value in {
            "SERVE_ARTIFACTS": "true",
            "ARTIFACT_DESTINATION": folder + "served",
            "ARTIFACT_ROOT": "mlflow-artifacts:/",
            "FILE_STORE": store,
        }.items():
            monkeypatch.setenv(f"_MLFLOW_SERVER_{name}", value)
        initialize_backend_stores(store, store, "mlflow-artifacts:/")
        self.http = make_server("127.0.0.1", port, app, threaded=True)
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    def kill(self):
        self.http.shutdown()
        self.http.server_close()


def test_server_dead_at_the_start_and_in_the_middle_then_sync(tmp_path, store, monkeypatch):
    port, said = free_port(), []
    monkeypatch.setenv("MLFLOW_TRACKING_URI", url := f"http://user:secret@127.0.0.1:{port}")
    run = make(tmp_path)
    start = time.perf_counter()
    mirror = Mirror(run, said.append)
    with mirror:
        train(mirror, 2)
        assert time.perf_counter() - start < 5
        assert len(said) == 1 and "Connection refused" in said[0] and "secret" not in said[0]
        assert f"python -m app sync {run.id}" in said[0]
        with pytest.raises(UserError, match="cannot be written .*sync"):
            sync(run)
        server = Server(store, port, monkeypatch)
        mirror._connection._not_before = 0
        train(mirror, 3, start=2)
        assert len(said) == 2 and "again" in said[1]
        run_id = mirror.sent["run_id"]
        assert len(history(mirror.client, run_id, "loss")) == 3
        server.kill()
        start = time.perf_counter()
        train(mirror, 5, start=3)
        finish(run)
    assert time.perf_counter() - start < 10
    assert len(said) == 3 and run.status == "finished"
    assert "secret" not in (run.folder / "manifest.json").read_text()
    server = Server(store, port, monkeypatch)
    assert connect(url).get_run(run_id).info.status == "RUNNING"
    assert sync(Run.open(run.folder)) == run_id
    check_complete(url, run, epochs=5)
    server.kill()


def test_a_server_that_never_answers_costs_a_second(tmp_path, monkeypatch):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{listener.getsockname()[1]}")
        run, said = make(tmp_path), []
        mirror = Mirror(run, said.append)
        start = time.perf_counter()
        train(mirror, 5)
        assert time.perf_counter() - start < 4
        assert len(said) == 1 and "timed out" in said[0]
        assert len(run.metrics()) == 5


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


def save_sampler(run, conditional=True):
    """A tiny sampler whose pictures say what it was given."""
    import tensorflow as tf

    first = tf.TensorSpec((None,) if conditional else (), tf.int32)
    scalar = tf.TensorSpec((), tf.int32)
    specs = {"seed": scalar, "guidance": tf.TensorSpec((), tf.float32), "steps": scalar}
    specs = {**specs, "first_index": scalar, "labels" if conditional else "count": first}

    @tf.function
    def sample(seed, guidance, steps, first_index, labels=None, count=None):
        count = tf.size(labels) if count is None else count
        value = 100 * seed + 10 * steps + first_index + tf.cast(4 * guidance, tf.int32)
        value += tf.range(count) if labels is None else labels
        images = tf.ones((count, 2, 3, 1), tf.int32) * value[:, None, None, None]
        return {"images": tf.cast(images, tf.uint8)}

    module = tf.Module()
    module.sample = sample
    folder = str(run.path("saved_model", "sampler"))
    tf.saved_model.save(module, folder, signatures=sample.get_concrete_function(**specs))


def test_the_sampler_is_registered_and_samples_without_the_repository(tmp_path, store):
    run = make(tmp_path, recipe="my digits")
    run.update(sampling={"steps": 2, "guidance": 1.5})
    assert log_model(run) is None
    save_sampler(run)
    start = time.perf_counter()
    assert log_model(run) == 1
    print(f"log_model took {time.perf_counter() - start:.2f} s")
    assert sync(run) and log_model(run) == 1
    run_id = run.manifest["mlflow"]["run_id"]
    client = connect(store)
    assert client.get_model_version("noisewise-my-digits", 1).run_id == run_id
    assert len(client.get_run(run_id).outputs.model_outputs) == 1
    assert not (tmp_path / "mlruns").exists()
    code = (
        "import sys, mlflow, numpy as np\n"
        "model = mlflow.pyfunc.load_model('models:/noisewise-my-digits/1')\n"
        "labels = np.array([3, 4], 'int32')\n"
        "images = model.predict(labels, params={'seed': 1, 'steps': 5, 'first_index': 7})\n"
        "print(images.dtype, images.shape, images[:, 0, 0, 0], model.predict(labels)[0, 0, 0, 0])\n"
        "print(model.metadata.signature.params, model.input_example)\n"
        "assert 'app' not in sys.modules"
    )
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "type hints" not in answer.stderr
    lines = answer.stdout.splitlines()
    assert lines[0] == "uint8 (2, 2, 3, 1) [166 167] 29", answer.stderr
    assert "guidance" in lines[1] and "1.5" in lines[1]


def test_an_unconditional_sampler_takes_a_count(tmp_path, store):
    import mlflow

    run = make(tmp_path)
    save_sampler(run, conditional=False)
    log_model(run)
    model = mlflow.pyfunc.load_model("models:/noisewise-digits/1")
    images = model.predict(np.array([3], "int32"), params={"seed": 1, "steps": 0})
    assert images.shape == (3, 2, 3, 1) and list(images[:, 0, 0, 0]) == [100, 101, 102]


def test_a_saved_model_that_is_no_sampler(tmp_path, store):
    import tensorflow as tf

    run = make(tmp_path)
    module = tf.Module()
    module.f = tf.function(lambda x: {"y": x}, input_signature=[tf.TensorSpec((), tf.float32, "x")])
    folder = str(run.path("saved_model", "sampler"))
    tf.saved_model.save(module, folder, signatures=module.f)
    with pytest.raises(UserError, match=r"takes \['x'\] and gives \['y'\]"):
        log_model(run)


def test_ui_refuses_with_a_sentence(monkeypatch, store):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with pytest.raises(UserError, match="is not free"):
            ui(listener.getsockname()[1])
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:secret@far:5000")
    with pytest.raises(UserError, match="on the server http://far:5000"):
        ui()


def test_names_of_config():
    flat, cut = describing.parameters({"a": {"b": {"c": (1, 2)}}, "d": True, "e": {}})
    assert flat == {"a.b.c": "[1, 2]", "d": "true"} and cut == []
