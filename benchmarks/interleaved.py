"""Sides of a benchmark, each in a process of its own, that take turns step by step.

Whatever else the machine does then falls on all of them. Before each turn all rest a moment: the
threads of the side before spin on a while, and would take the cores of the next one.
"""

import json
import os
import subprocess
import sys
import time

REST = 0.5  # seconds before each step; OpenMP's threads spin for 0.2
PEERS = ("default", "channels_last")  # memory formats of PyTorch: sides that are not ours


def work(prepare):
    """The worker: prepares, warms up, then answers each line it reads with a step's seconds.

    Args:
        prepare: function () -> (step, a value for JSON to report); called after standard output is
            out of the way of what libraries print.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    step, reported = prepare()
    print(json.dumps(reported), file=answers, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        step()
        print(json.dumps(time.perf_counter() - start), file=answers, flush=True)


class Worker:
    """One side in its own process: `reported`, what it says first, and `seconds` of its steps.

    Args:
        command: arguments of the process: interpreter, script, options.
    """

    def __init__(self, command):
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        self.reported = self.answer()
        self.seconds = []

    def answer(self):
        """What the worker says next; ends the benchmark if it died."""
        line = self.process.stdout.readline()
        if not line:
            sys.exit("A worker stopped, see its message above; peers: requirements-peers.txt.")
        return json.loads(line)

    def step(self):
        """Runs one step after a rest, and keeps its seconds."""
        time.sleep(REST)
        self.process.stdin.write("step\n")
        self.process.stdin.flush()
        self.seconds.append(self.answer())

    def close(self):
        """Lets the worker end."""
        self.process.stdin.close()
        self.process.wait()


def take_turns(script, sides, rounds, options=(), peer_python=sys.executable):
    """Runs the sides by turns.

    Args:
        script: the benchmark; with `--worker SIDE` it is the worker of a side.
        sides: names of the sides.
        rounds: int; steps of each.
        options: more options of each worker.
        peer_python: interpreter of the sides of `PEERS`; the others have this one.

    Returns:
        {side: its closed `Worker`}.
    """
    workers = {}
    for side in sides:
        python = peer_python if side in PEERS else sys.executable
        workers[side] = Worker([python, script, "--worker", side, *options])
    for _ in range(rounds):
        for worker in workers.values():
            worker.step()
    for worker in workers.values():
        worker.close()
    return workers
