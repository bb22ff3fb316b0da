"""Talking to an MLflow server that may be away, without ever delaying or ending a training.

Stock settings let one call to a dead server take 247 seconds (7 retries, backing off). Here a probe
of at most a second comes first, calls are retried once, and after a failure the server is left
alone for ten times as long as the failure took.
"""

import http.client
import os
import re
import time
import urllib.error
import urllib.request

SETTINGS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",  # seconds for one answer
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_ENABLE_ASYNC_LOGGING": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # the UI's: eight processes for nothing here
}
PROBE_SECONDS = 1.0


def import_mlflow():
    """Imports MLflow with short timeouts and without telemetry, unless the environment asks for it.

    Variables that are set already win over `SETTINGS`; `MLFLOW_DISABLE_TELEMETRY=false` turns
    telemetry on.

    Returns:
        The package `mlflow`.

    Raises:
        ImportError: mlflow is not installed (a folder named `mlflow` imports without error).
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    if "MLFLOW_DISABLE_TELEMETRY" not in os.environ:
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        os.environ.setdefault("DO_NOT_TRACK", "true")
    try:
        import mlflow
    except ImportError as error:
        raise ImportError(f"mlflow cannot be imported ({error}): pip install mlflow.") from error
    if getattr(mlflow, "__file__", None) is None:
        raise ImportError(
            f"mlflow is not installed: Python found only the folder {list(mlflow.__path__)[0]}. "
            "Install it with: pip install mlflow."
        )
    return mlflow


def without_password(uri):
    """Hides the user and password of a tracking URI, for messages and manifests."""
    return re.sub(r"(?<=://)[^/@]+@", "", uri)


def probe(uri, timeout=PROBE_SECONDS):
    """Asks whether a tracking server answers; stores that are no http servers always count as such.

    Returns:
        None when it answers, otherwise the reason in a few words.
    """
    if not uri.startswith(("http://", "https://")):
        return None
    url = without_password(uri).rstrip("/") + "/health"
    try:
        with urllib.request.urlopen(url, timeout=timeout):
            return None
    except urllib.error.HTTPError as error:
        # 401 or 404 come from a server that lives, 502 to 504 from a proxy before a dead one.
        return f"HTTP {error.code}" if error.code in (502, 503, 504) else None
    except OSError as error:
        return str(getattr(error, "reason", error)) or type(error).__name__
    except (ValueError, http.client.HTTPException) as error:  # a port that is no number, ...
        return str(error)


class Connection:
    """Runs calls to a tracking store; failures are said once and never raised.

    Args:
        uri: the tracking URI.
        say: callable that takes one sentence, for failures and for the return of the server.
        advice: the rest of that sentence: what is kept, and what to do later.

    Example:
        ```python
        connection = Connection("http://localhost:5000", print, "It goes on without.")
        connection.attempt(lambda: client.log_metric(run_id, "loss", 0.3))  # True or False
        ```
    """

    def __init__(self, uri, say, advice=""):
        self.uri = uri
        self.say = say
        self.advice = advice
        self.down = False
        self._not_before = 0.0

    def attempt(self, send, patient=False):
        """Calls `send()`; returns whether that worked.

        Args:
            send: callable without arguments.
            patient: try now, even if the last failure was a moment ago.
        """
        start = time.monotonic()
        if not patient and start < self._not_before:
            return False
        reason = probe(self.uri)
        if reason is None:
            try:
                send()
            except Exception as error:
                reason = probe(self.uri) or describe(error)
        if reason is None:
            if self.down:
                self.say(f"MLflow at {without_password(self.uri)} takes what is sent again.")
            self.down, self._not_before = False, 0.0
            return True
        now = time.monotonic()
        self._not_before = now + 10 * (now - start)
        if not self.down:
            self.down = True
            where = without_password(self.uri)
            self.say(f"MLflow at {where} cannot be written ({reason}). {self.advice}".strip())
        return False


def describe(error):
    """The first line of an error, cut to a readable length; refused users in plain words."""
    lines = str(error).strip().splitlines()
    text = lines[0] if lines else ""
    if "error code 401" in text:
        return (
            "it wants a user that it knows: set MLFLOW_TRACKING_USERNAME and "
            "MLFLOW_TRACKING_PASSWORD"
        )
    if "error code 403" in text:
        return "this user may not write there: ask its administrator for the permission EDIT"
    return text[:200] if text else type(error).__name__
