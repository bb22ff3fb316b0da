"""The one exception whose message is meant for the person at the keyboard."""


class UserError(Exception):
    """Something the user can mend: a bad option, path, data set, run id, disk or server.

    The message is one sentence or two: what was expected, what was received, what to do. The
    command line prints it without a traceback and exits with code 2.

    Example:
        ```python
        raise UserError("No run 'abc' in runs/. Known runs: 20261122-101500. Pass one of them.")
        ```
    """
