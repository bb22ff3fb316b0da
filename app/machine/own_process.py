"""Work in a process of its own, which leaves nothing behind in this one: no memory, no graph."""

import contextlib
import importlib
import multiprocessing
import os
import signal
import threading
import traceback

from app.errors import UserError, sentence


def in_own_process(work, *arguments, prepare=None):
    """Calls a function in a new process and waits for it; what it prints appears as usual.

    Use it for long work that is one of many: frameworks keep graphs, caches and freed memory until
    their process ends. Ctrl-C, or the end of this process, interrupts the other one, which leaves
    what it does as on any Ctrl-C; only then is KeyboardInterrupt raised here.

    Args:
        work: function of a module; it is found again by its name.
        *arguments: what it takes; must survive pickling, and so must what it returns.
        prepare: function called in the new process before the module of `work` is imported, like
            `app.backend.start_backend`, or None.

    Returns:
        What `work` returns.

    Raises:
        UserError: the sentence of any exception of the other process, or how it was killed.
        KeyboardInterrupt: it was interrupted.

    Example:
        >>> in_own_process(math.factorial, 5)
        120
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    place = (work.__module__, work.__qualname__)
    process = context.Process(target=_serve, args=(theirs, prepare, place, arguments))
    process.start()
    theirs.close()
    try:
        kind, answer = ours.recv()
    except EOFError:
        kind, answer = "killed", None
    finally:
        ours.close()  # also what tells the other process that nobody waits any more
        _joined(process)
    if kind == "interrupted":
        raise KeyboardInterrupt
    if kind == "killed":
        raise UserError(
            f"The process of this run ended without an answer (exit code {process.exitcode}"
            f"{_reason(process.exitcode)}). What it had saved is kept: the same command goes on."
        )
    if kind == "failed":
        raise UserError(answer)
    return answer


def _joined(process):
    """Waits for the end of a process; a second Ctrl-C ends it at once."""
    try:
        process.join()
    except KeyboardInterrupt:
        process.kill()
        process.join()
        raise


def _reason(code):
    """What an exit code says of a process that was killed."""
    if code == -signal.SIGKILL:
        return ", killed: the machine may be out of memory"
    return "" if code is None or code >= 0 else f", signal {-code}"


def _serve(connection, prepare, place, arguments):
    """The other process: does the work, answers (kind, value)."""
    if hasattr(os, "setpgrp"):
        os.setpgrp()  # a terminal's Ctrl-C reaches the first process only, which passes it on
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_watch, args=(connection,), daemon=True).start()
    try:
        if prepare:
            prepare()
        module, name = place
        answer = "done", getattr(importlib.import_module(module), name)(*arguments)
    except KeyboardInterrupt:
        answer = "interrupted", None
    except Exception as error:  # whatever it is, the first process says it as a sentence
        if os.environ.get("NOISEWISE_DEBUG"):
            traceback.print_exc()
        answer = "failed", sentence(error)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the work is over: the end of the wait is none
    with contextlib.suppress(OSError):  # nobody waits after a Ctrl-C
        connection.send(answer)


def _watch(connection):
    """Interrupts this process once the other end is closed: nothing is ever sent from there."""
    with contextlib.suppress(EOFError, OSError):
        connection.recv()
    os.kill(os.getpid(), signal.SIGINT)
