"""Starts the backend as this project runs it: quiet, fast on a CPU, updates in order."""

import importlib
import os

from app.errors import UserError
from app.machine.memory import keep_freed_memory
from app.machine.quiet import plain_warnings, quiet_start

BACKENDS = ("tensorflow", "jax")


def check_backend():
    """Refuses a backend that Keras knows and this code does not, before Keras is imported.

    Raises:
        UserError: if KERAS_BACKEND names another one.
    """
    backend = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if backend not in BACKENDS:
        raise UserError(
            f"Noisewise runs on tensorflow or jax. Received: KERAS_BACKEND={backend!r}. Set it to "
            "one of them, or unset it."
        )


def start_backend():
    """Imports Keras, and TensorFlow, which JAX runs need for export too. Call it first of all.

    `python -m app` and the tests do; in a script of your own it comes before the import of Keras.
    Freed memory is kept (`app.machine.memory`). oneDNN's kernels are on: TensorFlow leaves them off
    on some CPUs, where a training step then takes up to 1.4 times as long; TF_ENABLE_ONEDNN_OPTS=0
    turns them off. Updates wait for all reads of a variable: TensorFlow's dependency optimizer
    drops that order in a Keras training step, after which a gradient may be computed from weights
    that are already updated.

    Example:
        ```python
        from app.backend import start_backend

        start_backend()
        import keras
        ```
    """
    keep_freed_memory()
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    with quiet_start():
        importlib.import_module("keras")
        tensorflow = importlib.import_module("tensorflow")
    tensorflow.config.optimizer.set_experimental_options({"dependency_optimization": False})
    plain_warnings()
