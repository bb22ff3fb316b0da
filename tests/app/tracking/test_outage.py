import socket

import pytest

from app.errors import UserError
from app.run import Run
from app.tracking import Mirror, sync
from app.tracking.store import connect
from tests.app.tracking.recorded import check_complete, finish, history, make, train
from tests.app.tracking.server import Server, free_port
from tests.callbacks.probes import count_probes


def test_server_dead_at_the_start_and_in_the_middle_then_sync(tmp_path, store, monkeypatch):
    port, said = free_port(), []
    monkeypatch.setenv("MLFLOW_TRACKING_URI", url := f"http://user:secret@127.0.0.1:{port}")
    run = make(tmp_path)
    probes = count_probes(monkeypatch)
    mirror = Mirror(run, said.append)
    with mirror:
        train(mirror, 2)
        assert len(probes) == 1  # the second epoch does not ask again
        assert len(said) == 1 and "Connection refused" in said[0] and "secret" not in said[0]
        assert f"python -m app sync {run.name}" in said[0]
        with pytest.raises(UserError, match="cannot be written .*sync"):
            sync(run)
        server = Server(store, port, monkeypatch)
        mirror._connection._not_before = 0
        train(mirror, 3, start=2)
        assert len(said) == 2 and "again" in said[1]
        run_id = mirror.sent["run_id"]
        assert len(history(mirror.client, run_id, "loss")) == 3
        server.kill()
        probes.clear()
        train(mirror, 5, start=3)
        finish(run)
    assert len(probes) == 2 and max(probes) <= 1  # after the fourth epoch, and at the end
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
        run, said, probes = make(tmp_path), [], count_probes(monkeypatch)
        mirror = Mirror(run, said.append)
        train(mirror, 5)
        assert probes == [1.0]
        assert len(said) == 1 and "timed out" in said[0]
        assert len(run.metrics()) == 5
