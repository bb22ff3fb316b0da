"""A clock that only questions to a server move, so that waiting is counted and not timed."""

from types import SimpleNamespace

from callbacks import mlflow_connection


def count_probes(monkeypatch, seconds=1.0):
    """Counts the probes from here on; returns the list of the time limits they were given.

    Args:
        monkeypatch: the fixture of pytest.
        seconds: what a probe takes by the clock, which stands still otherwise.
    """
    now, limits, real = [0.0], [], mlflow_connection.probe

    def probe(uri, timeout=mlflow_connection.PROBE_SECONDS):
        now[0] += seconds
        limits.append(timeout)
        return real(uri, timeout)

    monkeypatch.setattr(mlflow_connection, "probe", probe)
    monkeypatch.setattr(mlflow_connection, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return limits
