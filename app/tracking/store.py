"""Where MLflow keeps runs: a SQLite file and a folder of artifacts, or a server."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from app.errors import UserError
from app.files import writing

ROOT = Path(__file__).parents[2]
_ready = set()


def store_uri():
    """Returns the tracking URI: `MLFLOW_TRACKING_URI` if set, else `mlflow/store/mlflow.db`."""
    uri = os.environ.get("MLFLOW_TRACKING_URI", "").strip()
    return uri or f"sqlite:///{ROOT / 'mlflow' / 'store' / 'mlflow.db'}"


def database(uri):
    """Returns the path of the file of a SQLite tracking URI, or None for any other."""
    return Path(uri.removeprefix("sqlite:///")) if uri.startswith("sqlite:///") else None


def connect(uri):
    """Returns an `MlflowClient` of the store, which is made first where it is a new SQLite file.

    Processes that start together on a store that is not there yet take turns: MLflow itself lets
    them race, and most of them die.

    Raises:
        UserError: mlflow is not installed, or the store cannot be written or is out of date.
    """
    # Here and below not at the top: a package of callbacks loads keras, and --help must not.
    from callbacks.mlflow_connection import import_mlflow

    try:
        mlflow = import_mlflow()
    except ImportError as error:
        raise UserError(str(error)) from error
    mlflow.set_tracking_uri(uri)
    path = database(uri)
    if path is None or (uri in _ready and path.exists()):
        try:
            return mlflow.MlflowClient(uri)
        except Exception as error:  # a scheme that MLflow does not know, a driver that is missing
            raise UserError(_store_trouble(uri, error)) from error
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with _lock(path.with_name(path.name + ".lock")):
        try:
            client = mlflow.MlflowClient(uri)  # makes the tables
            client.search_experiments(max_results=1)
        except Exception as error:
            raise UserError(_store_trouble(uri, error)) from error
    _ready.add(uri)
    return client


def experiment(client, name, uri):
    """Returns the id of the experiment of that name, made or restored where needed.

    In a SQLite store its artifacts go to `artifacts/` beside the file; a server decides itself.
    """
    found = client.get_experiment_by_name(name)
    if found is None:
        path = database(uri)
        location = (path.resolve().parent / "artifacts").as_uri() if path else None
        try:
            return client.create_experiment(name, artifact_location=location)
        except Exception:  # another process was faster
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return found.experiment_id


def ui(port=5000, say=print):
    """Serves the MLflow UI of the store on this machine until Ctrl-C.

    Args:
        port: TCP port on 127.0.0.1, 1 to 65535.
        say: callable that takes one sentence.

    Raises:
        UserError: the port is taken, or the store is a server with a UI of its own.
    """
    from callbacks.mlflow_connection import SETTINGS, describe, without_password

    uri = store_uri()
    if uri.startswith("http"):
        raise UserError(
            f"The runs are on the server {without_password(uri)}: open that address in a browser. "
            "Unset MLFLOW_TRACKING_URI to see the store of this clone."
        )
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            reason = describe(error)
            raise UserError(f"Port {port} is not free ({reason}): give another one.") from error
    connect(uri)
    say(f"The MLflow UI is on http://127.0.0.1:{port} in about 20 seconds; Ctrl-C ends it.")
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    artifacts = database(uri).resolve().parent / "artifacts" if database(uri) else None
    command += ["--backend-store-uri", uri, "--workers", "1"]
    command += ["--artifacts-destination", str(artifacts)] if artifacts else []
    environment = {**SETTINGS, **os.environ}
    # A session of its own: the server's workers are ended with it, whoever ends this process.
    server = subprocess.Popen(command, env=environment, cwd=ROOT, start_new_session=True)
    try:
        code = server.wait()
    except KeyboardInterrupt:
        _end(server)
        return
    if code:
        raise UserError(f"The MLflow UI ended with exit code {code}; its lines above say why.")


def _end(process):
    """Ends a process and all that it began."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGTERM)
    else:
        process.terminate()
    process.wait()


@contextlib.contextmanager
def _lock(path):
    """Lets one process at a time into the block (POSIX; elsewhere it does not wait)."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with writing(path), open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _store_trouble(uri, error):
    """The sentence for a store that cannot be opened."""
    from callbacks.mlflow_connection import describe

    if "out-of-date" in str(error):
        return (
            f"The store {uri} was written by an older mlflow. Copy the file, then run: "
            f"python -m mlflow db upgrade {uri}"
        )
    return f"The MLflow store {uri} cannot be opened: {describe(error)}."
