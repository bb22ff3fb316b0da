"""Networks of the user's own, named when they fail."""

import contextlib

from app import config
from app.errors import UserError, first_line


@contextlib.contextmanager
def own_code(network, doing, called):
    """Says whose code it was, and how it is called, when a network of the user's own fails."""
    try:
        yield
    except Exception as error:
        if isinstance(error, UserError) or not isinstance(network, config.CustomNetwork):
            raise
        raise UserError(
            f"The network {network.path} failed {doing}: {type(error).__name__}: "
            f"{first_line(error)}. It is called as {called}."
        ) from error
