"""A tracking server inside the process of the tests."""

import contextlib
import socket
import threading
import urllib.request


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

        # The first search tries this import, which took 40 seconds on a cold disk.
        with contextlib.suppress(ImportError):
            import mlflow.server.auth  # noqa: F401
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
        # Its first answer takes longer than a probe waits, on a busy machine.
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=60).close()

    def kill(self):
        self.http.shutdown()
        self.http.server_close()
