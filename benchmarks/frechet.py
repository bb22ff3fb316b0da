"""Times Frechet statistics and distance of 10,000 x 2,048 features against the peers.

    python benchmarks/frechet.py --peer-python PEER_PYTHON

Every side gets the same float64 features (of float32 ones the peers would take float32 means) and
makes statistics of both sets and their distance, by its own functions: torch-fidelity's
`fid_features_to_statistics` and `fid_statistics_to_metric`, clean-fid's `frechet_distance` with
means and covariances as it computes them. Each repeat is a process of its own, the sides take
turns, and nothing is cached. The target: less time than both, values equal to a relative 1e-6.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent


def ours():
    sys.path.insert(0, str(ROOT))
    from app.metrics.frechet import frechet_distance

    return frechet_distance


def torch_fidelity():
    import torch
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    def distance(first, second):
        sets = [fid_features_to_statistics(torch.from_numpy(each)) for each in (first, second)]
        return fid_statistics_to_metric(*sets, verbose=False)["frechet_inception_distance"]

    return distance


def clean_fid():
    from cleanfid.fid import frechet_distance

    def distance(first, second):
        first, second = ((np.mean(f, 0), np.cov(f, rowvar=False)) for f in (first, second))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scipy: `disp` will go
            return frechet_distance(*first, *second)

    return distance


SIDES = {"ours": ours, "torch-fidelity": torch_fidelity, "clean-fid": clean_fid}


def features(samples, dimension):
    """Two sets with a spectrum that falls, as that of real features."""
    generator = np.random.default_rng(0)
    scales = np.exp(-np.arange(dimension) / dimension * 4)
    return [generator.normal(shift, 1, (samples, dimension)) * scales for shift in (0.5, 0.55)]


def work(side, samples, dimension):
    """The worker: one cold distance, printed as JSON."""
    distance, sets = SIDES[side](), features(samples, dimension)
    start = time.perf_counter()
    value = float(distance(*sets))
    print(json.dumps({"seconds": time.perf_counter() - start, "value": value}))


def run(side, options):
    """Seconds and value of one side, in its own process."""
    python = sys.executable if side == "ours" else options.peer_python
    sizes = ["--samples", str(options.samples), "--dimension", str(options.dimension)]
    found = subprocess.run([python, __file__, "--side", side, *sizes], stdout=subprocess.PIPE)
    if found.returncode:
        sys.exit("A worker stopped, see its message above; peers: requirements-peers.txt.")
    return json.loads(found.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter with the peers")
    parser.add_argument("--dimension", type=int, default=2048)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--side", choices=SIDES, help="what the worker runs")
    options = parser.parse_args()
    if options.side:
        work(options.side, options.samples, options.dimension)
        return
    found = {side: [] for side in SIDES}
    for _ in range(options.repeats):
        for side in SIDES:
            found[side].append(run(side, options))
    print(f"{options.dimension} dimensions, {options.samples} samples a side")
    medians, values = {}, {side: runs[0]["value"] for side, runs in found.items()}
    for side, runs in found.items():
        seconds = [each["seconds"] for each in runs]
        medians[side] = statistics.median(seconds)
        print(
            f"{side:15} median {medians[side]:7.2f} s  fastest {min(seconds):7.2f} s  "
            f"value {values[side]:.9f}"
        )
    ratio = medians["ours"] / min(medians[side] for side in SIDES if side != "ours")
    difference = max(abs(values["ours"] / value - 1) for value in values.values())
    print(f"ours / faster of theirs = {ratio:.2f} (target below 1), ", end="")
    print(f"largest relative difference {difference:.1e} (target 1e-6)")
    sys.exit(not (ratio < 1 and difference <= 1e-6))


if __name__ == "__main__":
    main()
