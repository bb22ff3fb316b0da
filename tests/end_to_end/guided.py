"""What the tests of guidance by a second network share: its run, and samples by the verb."""

import json
import re
from pathlib import Path

import numpy as np

from app.cli import main


def judge(runs):
    """The folder of the run that judges noisy images."""
    return next(path for path in runs.iterdir() if path.name.endswith("-judge"))


def sampled(runs, capsys, run, *arguments):
    """The folder of one set of samples, its first part and its request."""
    capsys.readouterr()
    command = ["sample", run, "--runs", runs, *arguments]
    assert main([str(word) for word in command]) == 0
    folder = Path(re.findall(r"images and labels: (\S+)", capsys.readouterr().out)[0])
    with np.load(min(folder.glob("images-*.npz"))) as part:
        return folder, dict(part), json.loads((folder / "request.json").read_text())
