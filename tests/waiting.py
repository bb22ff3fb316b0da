"""Waits for what another process does; imports nothing heavy, for such processes import it too."""

import time


def wait_for(holds, what, seconds=120):
    """Waits until a function returns True; `what` never came where it does not."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what} never came"
        time.sleep(0.02)
