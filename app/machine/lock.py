"""One process at a time in a run folder."""

import contextlib
import errno
from pathlib import Path

from app.errors import UserError
from app.files import writing


@contextlib.contextmanager
def only_here(folder):
    """Holds a run folder for this process; whoever holds it lets go when its process ends.

    Where the system has no such locks (Windows, some network disks) it does nothing.

    Args:
        folder: path of the run folder; the file `.lock` in it is what is held.

    Raises:
        UserError: another process holds it.

    Example:
        ```python
        with only_here(run.folder):
            ...
        ```
    """
    path = Path(folder) / ".lock"
    with writing(path):
        file = open(path, "a")
    with file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:
            pass
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise UserError(
                    f"Another process works in {folder}. Wait until it has ended, or stop it."
                ) from error
        yield
