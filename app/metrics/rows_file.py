"""Rows of numbers that come in batches: into a file, or into memory where that fails."""

import contextlib
import mmap

import numpy as np

BLOCK = 4096  # rows of a file that are held at a time, beside those that are wanted


class RowsFile:
    """An array `(count, columns)` of float32 that grows batch by batch, in a .npy file.

    The file is written and mapped into memory only when it is whole: a mapped file that meets a
    full disk would end the process. If writing fails, what was written is read back, and the rest
    stays in memory.

    Args:
        path: where the file goes, or None for memory.
        count: int; rows in all.
        columns: int.

    Attributes: `error` (OSError or None; why it is in memory).

    Example:
        >>> rows = RowsFile(None, 3, 2)
        >>> for batch in (np.ones((2, 2)), np.zeros((1, 2))):
        ...     rows.append(batch)
        >>> rows.finish().shape
        (3, 2)
    """

    def __init__(self, path, count, columns):
        self.path, self.shape = path, (count, columns)
        self.done, self.error, self.file, self.memory = 0, None, None, None
        try:
            if path is None:
                self.memory = np.empty(self.shape, np.float32)
                return
            self.file = open(path, "wb")
            facts = {"descr": "<f4", "fortran_order": False, "shape": self.shape}
            np.lib.format.write_array_header_1_0(self.file, facts)
            self.file.flush()
            self.begin = self.file.tell()
        except OSError as error:
            self._give_up(error)

    def append(self, rows):
        """Adds a batch `(rows, columns)`."""
        rows = np.ascontiguousarray(rows, np.float32)
        if self.memory is None:
            try:
                self.file.write(rows.data)
                self.file.flush()
            except OSError as error:
                self._give_up(error)
        if self.memory is not None:
            self.memory[self.done : self.done + len(rows)] = rows
        self.done += len(rows)

    def finish(self):
        """Returns the whole array, mapped read-only from the file or from memory.

        Raises:
            ValueError: if fewer or more rows came than were announced.
        """
        if self.done != self.shape[0]:
            raise ValueError(f"Expected {self.shape[0]} rows of features. Received: {self.done}.")
        if self.memory is not None:
            return self.memory
        self.file.close()
        return np.load(self.path, mmap_mode="r", allow_pickle=False)

    def _give_up(self, error):
        """Goes on in memory, with the rows that reached the file."""
        self.error, self.memory = error, np.empty(self.shape, np.float32)
        if self.done:
            known = np.fromfile(self.path, np.float32, self.done * self.shape[1], offset=self.begin)
            self.memory[: self.done] = known.reshape(self.done, self.shape[1])
        if self.file is not None:
            with contextlib.suppress(OSError):  # what is still in its buffer has no room either
                self.file.close()


def copied(rows, chosen):
    """Returns the chosen rows in memory; the pages of a mapped file are given back.

    A process that goes through a mapped file counts all of it as its memory otherwise.

    Args:
        rows: array `(samples, ...)`, mapped or not.
        chosen: slice, or bool `(samples,)`.
    """
    if not isinstance(chosen, slice):
        starts = range(0, len(rows), BLOCK)
        return np.concatenate(
            [copied(rows, slice(at, at + BLOCK))[chosen[at : at + BLOCK]] for at in starts]
        )
    found = np.array(rows[chosen])
    pages = getattr(rows, "_mmap", None)
    if hasattr(pages, "madvise"):
        pages.madvise(mmap.MADV_DONTNEED)
    return found
