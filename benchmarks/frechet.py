"""Our Frechet distance against scipy's matrix square root, in Inception's 2,048 dimensions.

    python benchmarks/frechet.py

Both get the same float64 means and covariances of 5,000 samples a side; nothing is cached between
repeats. Times are medians; the target is a ratio of at most 0.5 and equality to a relative 1e-6.
"""

import argparse
import statistics
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from scipy import linalg

sys.path.insert(0, str(Path(__file__).parent.parent))

from app.metrics.frechet import Statistics, frechet_distance  # noqa: E402


def by_square_root(first, second):
    """The formula as most codes have it (pytorch-fid, clean-fid, EDM)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        root = linalg.sqrtm(first.covariance @ second.covariance).real
    shift = first.mean - second.mean
    return shift @ shift + np.trace(first.covariance + second.covariance - 2 * root)


def timed(function, first, second, repeats):
    """Returns the value and the median seconds, on fresh Statistics (nothing cached)."""
    seconds = []
    for _ in range(repeats):
        fresh = [Statistics(each.count, each.mean, each.scatter) for each in (first, second)]
        start = time.perf_counter()
        value = function(*fresh)
        seconds.append(time.perf_counter() - start)
    return value, statistics.median(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dimension", type=int, default=2048)
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    generator = np.random.default_rng(0)
    scales = np.exp(-np.arange(options.dimension) / options.dimension * 4)
    sets = [
        Statistics.of(generator.normal(shift, 1, (options.samples, options.dimension)) * scales)
        for shift in (0.0, 0.05)
    ]
    ours, our_seconds = timed(frechet_distance, *sets, options.repeats)
    theirs, their_seconds = timed(by_square_root, *sets, options.repeats)
    difference = abs(ours - theirs) / abs(theirs)
    ratio = our_seconds / their_seconds
    print(f"{options.dimension} dimensions, {options.samples} samples a side")
    print(f"symmetric eigenvalues {our_seconds:7.2f} s   {ours:.9f}")
    print(f"scipy sqrtm           {their_seconds:7.2f} s   {theirs:.9f}")
    print(f"ratio {ratio:.2f} (target 0.5), relative difference {difference:.1e} (target 1e-6)")
    sys.exit(not (ratio <= 0.5 and difference <= 1e-6))


if __name__ == "__main__":
    main()
