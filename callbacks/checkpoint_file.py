"""One file with arrays and a JSON state: written whole or not at all, checked when read."""

import hashlib
import json
import os
from pathlib import Path

import numpy as np

_STATE = "state.json"


class DamagedCheckpoint(Exception):
    """The file is not a whole checkpoint; the message says what is wrong with it."""


def _digest(arrays, text):
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name}|{array.dtype.str}|{array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _plain(array):
    """The array in a type that `.npz` knows; bfloat16 and float8 fit into float32 exactly."""
    array = np.asarray(array)
    return array if array.dtype.isbuiltin == 1 else array.astype("float32")


def write_checkpoint(path, arrays, state):
    """Writes a plain `.npz` under a temporary name, then moves it into place.

    A kill or a full disk at any moment leaves either the old file or the new one at `path`. The
    bytes are on the disk (fsync) before the name is. A SHA-256 of all arrays and the state is in
    the file.

    Args:
        path: where to; the folder is made.
        arrays: dict of name to array; bfloat16 and float8 are held as float32, without loss.
        state: JSON value.

    Raises:
        OSError: disk full, read-only, no such device; `path` is as it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {name: _plain(array) for name, array in arrays.items()}
    text = json.dumps(state)
    header = json.dumps({"digest": _digest(arrays, text), "state": text})
    temporary = path.with_name(f".new-{path.name}")
    try:
        with open(temporary, "wb") as file:
            np.savez(file, **{_STATE: np.frombuffer(header.encode(), np.uint8)}, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder):
    """Makes the new name durable where the system can (not on Windows)."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read_checkpoint(path):
    """Reads a checkpoint and checks every byte of it.

    Returns:
        (arrays, state) as they were written.

    Raises:
        DamagedCheckpoint: half-written, changed, or no checkpoint at all.
        OSError: the file cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        header = json.loads(arrays.pop(_STATE).tobytes().decode())
        text, digest = header["state"], header["digest"]
    except OSError:
        raise
    except Exception as error:  # zipfile, zlib, numpy and json each have their own kinds
        raise DamagedCheckpoint(f"{Path(path).name} is not a whole checkpoint ({error})") from error
    if digest != _digest(arrays, text):
        raise DamagedCheckpoint(f"{Path(path).name} does not match its own checksum")
    return arrays, json.loads(text)
