"""Facts about the machine and the software, as a run records them."""

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("keras", "tensorflow", "jax", "jaxlib", "numpy", "mlflow", "tensorflow-datasets")


def facts():
    """Says which code, packages, backend and device this process runs on.

    Imports keras and initialises the devices of its backend, so call it where training starts and
    not where a quick answer is wanted.

    Returns:
        A dictionary for JSON with `git` {commit, dirty} (None outside a git clone), `python`,
        `packages` {name: version}, `backend`, `device` {kind, name, count} and `platform`.

    Example:
        ```python
        facts()["device"]  # {"kind": "cpu", "name": "AMD EPYC 7B13", "count": 2}
        ```
    """
    import keras

    backend = keras.backend.backend()
    return {
        "git": git_state(),
        "python": platform.python_version(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
        "backend": backend,
        "device": _device(backend),
        "platform": platform.platform(),
    }


def git_state(root=ROOT):
    """Returns {commit, dirty} of the clone at `root`, or None where git knows nothing of it.

    Dirty means that tracked files differ from the commit, or that untracked ones lie beside them.
    """
    try:
        commit = _git(root, "rev-parse", "HEAD")
        return {"commit": commit, "dirty": bool(_git(root, "status", "--porcelain"))}
    except (OSError, subprocess.SubprocessError):
        return None


def _git(root, *arguments):
    """Runs a git command and returns its output."""
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=20
    ).stdout.strip()


def _version(package):
    """The installed version of a package, or None, without importing it."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _device(backend):
    """What the backend computes on: {kind: cpu | gpu | tpu, name, count}."""
    if backend == "jax":
        import jax

        devices = jax.devices()
        kind, name = devices[0].platform, devices[0].device_kind
        if kind != "cpu":
            return {"kind": kind, "name": name, "count": len(devices)}
    elif backend == "tensorflow":
        import tensorflow as tf

        if devices := tf.config.list_physical_devices("GPU"):
            details = tf.config.experimental.get_device_details(devices[0])
            name = details.get("device_name", "unknown")
            return {"kind": "gpu", "name": name, "count": len(devices)}
    return {"kind": "cpu", "name": _processor(), "count": os.cpu_count()}


def _processor():
    """The name of the processor; Linux hides it from `platform`."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
