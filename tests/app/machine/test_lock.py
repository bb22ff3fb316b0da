"""Two processes never work in one run folder."""

import subprocess
import sys

import pytest

from app.errors import UserError
from app.machine.lock import only_here

HOLDER = """
import sys
from app.machine.lock import only_here
with only_here(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_folder_that_another_process_holds_is_refused_and_free_after_its_end(tmp_path):
    pytest.importorskip("fcntl")
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout.readline() == b"held\n"
    with pytest.raises(UserError, match="Another process works in"), only_here(tmp_path):
        pass
    other.kill()
    other.communicate()
    with only_here(tmp_path):
        pass


def test_an_error_inside_lets_go(tmp_path):
    with pytest.raises(KeyError), only_here(tmp_path):
        raise KeyError
    with only_here(tmp_path):
        pass
