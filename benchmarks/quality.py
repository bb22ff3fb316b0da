"""Digits after equal training time: our U-Net against denoising-diffusion-pytorch's, on MNIST.

Both sides train unconditionally on all 60,000 training images, batch 64, at the same time, each on
one core of its own, and draw with 50 DDIM steps (eta 0) from averaged weights. Theirs is their
`Unet(dim=16, dim_mults=(1, 2, 4))` under their `GaussianDiffusion` and the loop of their `Trainer`
(Adam, gradients clipped at 1, their EMA); ours is 44 channels wide, so that a step costs no more
operations than theirs: both counts are printed. On both sides glibc keeps freed memory (ours by
itself, theirs by its environment): it takes two fifths of the time off their step. Each learning
rate trains for `--tuning` minutes and is scored at n = 500; the best of each side then trains for
`--minutes`, once a seed, and is scored at n = 5,000. What was drawn stays in `--folder`: the same
command goes on where it stopped.

    python benchmarks/quality.py TFDS_FOLDER --peer-python PEER_PYTHON --minutes 30
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from quality_sides import SIDES

ROOT = Path(__file__).resolve().parent.parent
RATES = (3e-4, 1e-3, 3e-3)
KEPT = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "-1"}  # as app.machine.memory


def both(options, asked, minutes, count):
    """Runs both sides at once for each of `asked`: {side: [(rate, seed)]}; returns the archives."""
    archives = {side: [] for side in SIDES}
    for pairs in zip(*(asked[side] for side in SIDES), strict=True):
        started = []
        for side, (rate, seed) in zip(SIDES, pairs, strict=True):
            path = options.folder / f"{side}-{rate:g}-{minutes:g}-{seed}.npz"
            archives[side].append(path)
            python = options.peer_python if side == "theirs" else sys.executable
            values = (side, rate, minutes, seed, count, options.folder / "train.npy", path)
            command = [python, ROOT / "benchmarks" / "quality_sides.py", *map(str, values)]
            if not path.exists():
                environment = os.environ | (KEPT if side == "theirs" else {})
                started.append(subprocess.Popen(command, env=environment))
        if any([process.wait() for process in started]):
            sys.exit("A side stopped, see its message above; peers: requirements-peers.txt.")
    return archives


def scored(path, options):
    """The Frechet distance of an archive as `evaluate` gives it, printed with its facts."""
    place = options.folder / path.stem
    if not list(place.glob("*/scores.json")):
        command = ["evaluate", str(path), "--against", "mnist", "--metrics", "frechet"]
        command += ["--data-directory", options.data, "--evaluations", str(place)]
        subprocess.run(
            [sys.executable, "-m", "app", *command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )
    score = json.loads(next(place.glob("*/scores.json")).read_text())["frechet"]
    facts = json.loads(str(np.load(path)["facts"]))
    low, high = score["interval"]
    print(
        f"{path.stem}: Frechet distance {score['value']:.2f} ({low:.2f} to {high:.2f}), floor "
        f"{score['floor']:.2f}, n = {score['samples']}; {facts['weights']} weights, "
        f"{facts['operations'] / 1e6:.0f} M operations an image and step, {facts['steps']} steps "
        f"in {facts['trained'] / 60:.1f} min"
    )
    return score["value"] - score["floor"]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", help="folder of data sets (TFDS data_dir) with mnist")
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter with the peers")
    parser.add_argument("--folder", type=Path, default=Path("quality"), help="of what is drawn")
    parser.add_argument("--tuning", type=float, default=8, help="minutes of each learning rate")
    parser.add_argument("--minutes", type=float, default=30, help="minutes of the comparison")
    parser.add_argument("--seeds", type=int, default=1, help="trainings of the comparison")
    options = parser.parse_args()
    options.data, options.folder = str(Path(options.data).resolve()), options.folder.resolve()
    options.folder.mkdir(parents=True, exist_ok=True)
    sys.path.insert(0, str(ROOT))
    from app.data import load

    np.save(options.folder / "train.npy", load("mnist", directory=options.data).images)
    tuning = dict.fromkeys(SIDES, [(rate, 0) for rate in RATES])
    tuned = both(options, tuning, options.tuning, 500)
    best = {
        side: min(paths, key=lambda path: scored(path, options)) for side, paths in tuned.items()
    }
    rates = {side: RATES[tuned[side].index(path)] for side, path in best.items()}
    asked = {side: [(rates[side], seed) for seed in range(options.seeds)] for side in SIDES}
    final = both(options, asked, options.minutes, 5000)
    above = {side: np.mean([scored(p, options) for p in paths]) for side, paths in final.items()}
    print(f"(ours - floor) / (theirs - floor) = {above['ours'] / above['theirs']:.2f}")


if __name__ == "__main__":
    main()
