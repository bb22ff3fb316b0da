"""A CSV of attributes beside a folder of images."""

import csv
import os
from collections import Counter
from pathlib import Path

import numpy as np

from app.errors import UserError


def read_attributes(path, files, root):
    """Reads the attributes of image files from a CSV.

    The header names the attributes after the column of files. A row begins with the name of a
    file, or with its path below the folder (`class/0.png`) where names repeat. All values are -1
    and 1 (0: unknown), or all are 0 and 1. Rows of files that are not there are passed over.

    Args:
        path: path of the CSV, UTF-8.
        files: paths of the images.
        root: folder they lie in.

    Returns:
        (names, values): texts, and float32 (count, attributes) of -1, +1 and 0 (unknown).

    Raises:
        UserError: a file that cannot be read, a header or row that does not fit, values other
            than these, or an image without a row; the sentence names it.

    Example:
        ```python
        names, values = read_attributes("list.csv", found.files, found.root)
        ```
    """
    path = Path(os.path.expanduser(path))
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            f"{path} must be a CSV of attributes. It could not be read: {error}."
        ) from error
    if not lines:
        raise UserError(f"{path} must be a CSV of attributes with a header. It is empty.")
    names = tuple(name.strip() for name in lines[0][1:])
    if not names or "" in names or len(set(names)) < len(names):
        raise UserError(
            f"The header of {path} must be a column of files, then names of attributes, each once. "
            f"Received: {','.join(lines[0])!r:.200}."
        )
    table = {}
    for number, (file, *values) in enumerate(lines[1:], start=2):
        file = file.strip()
        if file in table:
            raise UserError(f"{path} must have one row an image. Row {number} repeats {file!r}.")
        table[file] = _numbers(path, number, values, len(names))
    rows = [table[key] for key in _keys(path, table, files, root)]
    values = np.array(rows, "float32").reshape(len(files), len(names))
    two_values = all(value in (0, 1) for row in table.values() for value in row)
    return names, 2 * values - 1 if two_values else values


def _numbers(path, number, values, count):
    """The values of a row."""
    try:
        found = [float(value) for value in values]
    except ValueError:
        found = []
    if len(found) != count or any(value not in (-1, 0, 1) for value in found):
        raise UserError(
            f"Row {number} of {path} must have {count} attributes after the file, each -1, 0 or 1. "
            f"Received: {','.join(values)!r:.200}."
        )
    return found


def _keys(path, table, files, root):
    """The key of each file in the table: its path below the folder, or its name alone."""
    shared = Counter(Path(file).name for file in files)
    for file in files:
        below = Path(file).relative_to(root).as_posix()
        name = Path(file).name
        if below in table:
            yield below
        elif name not in table:
            raise UserError(f"{path} must have a row for every image. It has none for {below!r}.")
        elif shared[name] > 1:
            raise UserError(
                f"{path} must tell images of one name apart. There are {shared[name]} of the name "
                f"{name!r}; write their paths below the folder, like {below!r}."
            )
        else:
            yield name
