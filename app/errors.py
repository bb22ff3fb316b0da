"""The one exception whose message is meant for the person at the keyboard; any other as such."""

import errno

_NO_SPACE = "No space left on device"


class UserError(Exception):
    """Something the user can mend: a bad option, path, data set, run id, disk or server.

    The message is one sentence or two: what was expected, what was received, what to do. The
    command line prints it without a traceback and exits with code 2.

    Example:
        ```python
        raise UserError("No run 'abc' in runs/. Known runs: 20261122-101500. Pass one of them.")
        ```
    """


def sentence(error):
    """What a person reads of any error, whoever raised it.

    Example:
        ```python
        sentence(OSError(errno.ENOSPC, "No space left on device", "a.png"))  # The disk is full ...
        ```
    """
    text = str(error).strip()
    place = getattr(error, "filename", None)
    if isinstance(error, UserError):
        return text
    if disk_is_full(error):
        return f"The disk is full ({place or 'no file named'}). Free some space; resume."
    if isinstance(error, OSError) and error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return (
            f"No permission for {place}. Allow this user to read and write there, or choose "
            "another file or folder."
        )
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        return f"A name is too long for this system: {place!s:.60}... Give a shorter one."
    if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in text or _exhausted(error):
        return (
            "The machine is out of memory. Try a smaller --training.batch-size, or a smaller "
            "--sampling.batch-size when it happened while drawing; checkpoints are kept."
        )
    if isinstance(error, (ValueError, TypeError, OSError)) and text:
        return text
    return (
        f"Unexpected failure, {type(error).__name__}: {first_line(error)}. What was saved before "
        "is kept; NOISEWISE_DEBUG=1 shows where it happened, for a report."
    )


def first_line(error):
    """The first line of an error, cut."""
    return (str(error).strip().splitlines() or ["no message"])[0][:300].rstrip(".")


def disk_is_full(error):
    """Whether an error of any library means that the disk or the quota is used up."""
    return getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or _NO_SPACE in str(error)


def _exhausted(error):
    """Whether it is TensorFlow's error for no memory, told by name: this module loads nothing."""
    return type(error).__name__ == "ResourceExhaustedError"
