import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading

import pytest

from app.errors import UserError
from app.tracking import store_uri, sync, ui
from app.tracking.store import ROOT
from tests.app.tracking.recorded import (
    make,
)
from tests.app.tracking.server import free_port
from tests.waiting import wait_for


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


def test_ui_refuses_with_a_sentence(monkeypatch, store):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with pytest.raises(UserError, match="is not free"):
            ui(listener.getsockname()[1])
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:secret@far:5000")
    with pytest.raises(UserError, match="on the server http://far:5000"):
        ui()


def test_ctrl_c_ends_the_server_of_the_ui_and_what_it_began(monkeypatch, tmp_path, store):
    server, began = tmp_path / "server", tmp_path / "began"
    server.write_text(
        f"#!/bin/sh\nsleep 1000 &\necho $! > {began}.new\nmv {began}.new {began}\nwait\n"
    )
    server.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(server))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def stop():
        wait_for(began.exists, "the server")
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=stop)
    try:
        thread.start()
        ui(free_port(), say=list)
    finally:
        thread.join()
        signal.signal(signal.SIGINT, before)
    wait_for(lambda: not alive(int(began.read_text())), "the end of what the server began")


def alive(process):
    """Whether a process still runs; one that ended and was not asked for does not."""
    try:
        return "Z" not in open(f"/proc/{process}/stat").read().split()[2]
    except OSError:
        return False
