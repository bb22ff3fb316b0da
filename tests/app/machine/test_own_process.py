"""Work in a process of its own: results, errors as sentences, Ctrl-C, a kill."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.errors import UserError
from app.machine.own_process import in_own_process
from tests.waiting import wait_for

ROOT = Path(__file__).parents[3]


def product(one, other):
    return one * other, os.getpid()


def fail(text):
    raise ZeroDivisionError(text)


def refuse(text):
    raise UserError(text)


def interrupt():
    raise KeyboardInterrupt


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


def wait(folder):
    """Says when it began, and how it was ended."""
    Path(folder, "begun").write_text(str(os.getpid()))
    try:
        time.sleep(120)
    except KeyboardInterrupt:
        time.sleep(0.5)  # a run writes its status here
        Path(folder, "interrupted").write_text("once")
        raise


def test_it_returns_what_the_work_returns_from_another_process():
    value, process = in_own_process(product, 6, 7)
    assert value == 42 and process != os.getpid()


def test_failures_are_sentences():
    with pytest.raises(UserError, match="^Unexpected failure, ZeroDivisionError: by nothing"):
        in_own_process(fail, "by nothing")
    with pytest.raises(UserError, match="^Take another[.]$"):
        in_own_process(refuse, "Take another.")
    with pytest.raises(UserError, match="exit code -9, killed: the machine may be out of memory"):
        in_own_process(kill)
    with pytest.raises(KeyboardInterrupt):
        in_own_process(interrupt)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_the_work_is_interrupted_with_the_process_that_waits(how, tmp_path):
    program = (
        "from app.machine.own_process import in_own_process\n"
        "from tests.app.machine.test_own_process import wait\n"
        "if __name__ == '__main__':\n"
        "    try:\n"
        f"        in_own_process(wait, {str(tmp_path)!r})\n"
        "    except KeyboardInterrupt:\n"
        f"        open({str(tmp_path / 'passed-on')!r}, 'w').close()\n"
    )
    (tmp_path / "program.py").write_text(program)
    command = [sys.executable, str(tmp_path / "program.py")]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        # A background shell turns SIGINT off for all below it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as first:
        wait_for((tmp_path / "begun").exists, "begun")
        first.send_signal(how)
        first.wait(120)
    wait_for((tmp_path / "interrupted").exists, "interrupted")
    # After Ctrl-C the first process waits for the work to end; when killed it cannot.
    assert (tmp_path / "passed-on").exists() == (how == signal.SIGINT)
