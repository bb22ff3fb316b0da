"""Files that survive: atomic writes, JSON lines with a torn tail, a full disk in one sentence."""

import contextlib
import errno
import json
import math
import os
import time
from pathlib import Path

from app.errors import UserError, disk_is_full

_NON_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "this user has no permission to write there",
    errno.EPERM: "this user has no permission to write there",
    errno.ENOENT: "there is no such folder, and none can be made there",
    errno.EEXIST: "a file is in the place of a folder",
    errno.ENOTDIR: "a file is in the place of a folder",
    errno.ENAMETOOLONG: "the name is too long for this system",
}


@contextlib.contextmanager
def writing(path):
    """Turns a failed write below it into one sentence for the user.

    Wrap it around anything that writes into a run folder: weights, pictures, tables.

    Raises:
        UserError: the disk is full or read-only, or the permission is missing.

    Example:
        ```python
        with writing(path):
            model.save(path)
        ```
    """
    try:
        yield
    except Exception as error:  # HDF5 and TensorFlow have kinds of their own for a full disk
        if disk_is_full(error):
            reason = _REASONS[errno.ENOSPC]
        elif isinstance(error, OSError):
            reason = _REASONS.get(error.errno, str(error))
        else:
            raise
        raise UserError(
            f"Cannot write {path}: {reason}. Free space or choose another folder for runs; "
            "what was written before is kept."
        ) from error


def write_atomically(path, text):
    """Replaces a text file at once, so that a crash leaves the old one or the new one, whole."""
    path = Path(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with writing(path):
        try:
            with open(draft, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)


def append_row(path, row):
    """Appends a row of numbers to a file of JSON lines, with the "time" of writing in ms.

    Times of one file only grow, so that a reader can say how far it has read by one number. A
    half-written last line, left by a crash, is cut off first.

    Raises:
        UserError: the file cannot be written.
    """
    with writing(path), open(path, "a+b") as file:
        last = _drop_torn_line(file)
        row = {**row, "time": max(int(time.time() * 1000), last + 1)}
        file.write(_line(row).encode())


def read_rows(path):
    """Reads the whole rows of a file of JSON lines; no file, no rows.

    Raises:
        UserError: a line that is not the last one is damaged.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is damaged: it is no text. Restore it from a copy.") from error
    rows = []
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
        except ValueError as error:
            if number == len(lines):  # torn by a crash
                break
            raise UserError(f"Line {number} of {path} is damaged: remove it.") from error
        rows.append({name: _NON_FINITE.get(value, value) for name, value in row.items()})
    return rows


def write_rows(path, rows):
    """Replaces a file of JSON lines at once."""
    write_atomically(path, "".join(map(_line, rows)))


def _line(row):
    """One JSON line; nan and infinity, which JSON does not know, become strings."""
    finite = {
        name: str(value) if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in row.items()
    }
    return json.dumps(finite) + "\n"


def _drop_torn_line(file):
    """Cuts a half-written last line off an open file; returns the time of the last whole row."""
    content_end = file.seek(0, os.SEEK_END)
    file.seek(max(0, content_end - 65536))
    tail = file.read()
    whole = tail[: tail.rfind(b"\n") + 1]
    if len(whole) < len(tail):
        file.truncate(content_end - len(tail) + len(whole))
    lines = whole.splitlines()
    try:
        return json.loads(lines[-1])["time"] if lines else 0
    except (ValueError, KeyError):
        return 0
