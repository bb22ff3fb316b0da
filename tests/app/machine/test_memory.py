"""Freed memory: kept by the process, so that asking for it again faults no pages in."""

import ctypes
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
from app.machine.memory import keep_freed_memory

def faults(blocks=20, size=32 << 20):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(blocks):
        block = bytearray(size)
        block[::4096] = b"x" * (size // 4096)  # touches every page
        del block
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

anew = faults()
keep_freed_memory()
faults(blocks=1)
print(anew, faults())
"""


def test_blocks_asked_for_again_fault_no_pages_in():
    try:
        ctypes.CDLL("libc.so.6").mallopt  # noqa: B018
    except (OSError, AttributeError):
        pytest.skip("this C library is not glibc: nothing is changed")
    answer = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True)
    anew, kept = map(int, answer.stdout.split())
    assert anew > 100  # pages or huge pages of 20 blocks of 32 MB, each time anew
    assert kept < anew / 10
