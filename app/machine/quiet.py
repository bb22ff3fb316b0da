"""Starts the backend without its start-up chatter, which no log level turns off."""

import contextlib
import logging
import os
import warnings

# The reloaded sampler is never trained again, so gradients that were not saved are not missed.
logging.getLogger("absl").addFilter(
    lambda record: "unsaved custom gradients" not in record.getMessage()
)
_FORMAT = warnings.formatwarning


def plain_warnings():
    """Prints warnings meant for the user as one line, without the place in the code."""
    warnings.formatwarning = _formatted


def _formatted(message, category, *place, **line):
    """The text of a warning."""
    plain = category is UserWarning
    return f"note: {message}\n" if plain else _FORMAT(message, category, *place, **line)


@contextlib.contextmanager
def quiet_start():
    """Sends the process's standard error to nowhere while a backend is imported.

    Python errors still surface: they travel as exceptions, not as text. Set NOISEWISE_DEBUG to
    see what TensorFlow says.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if os.environ.get("NOISEWISE_DEBUG"):
        yield
        return
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
