"""Makes the statistics of data sets that the repository ships.

    python -m app.metrics.make_reference_statistics --directory DATA --data mnist

One file for each split, beside `app.metrics.reference_statistics`, which reads them; the script
says how far a distance to the shipped statistics is from one to the full statistics.
"""

import argparse
import shlex
import sys
from datetime import date
from pathlib import Path

import keras

from app.data import load
from app.data.subsets import random_rows
from app.metrics.features import EXTRACTORS, extractor
from app.metrics.frechet import frechet_distance
from app.metrics.passing import passed
from app.metrics.reference_statistics import (
    FOLDER,
    path_of,
    shipped_statistics,
    write_statistics,
)
from app.metrics.statistics import Statistics

TRIED = 2000  # images of the set itself, whose distances are compared


def make(dataset, judge, folder=FOLDER, command=None):
    """Writes the statistics of one split and compares what is read back.

    Args:
        dataset: a `Dataset`.
        judge: the feature extractor.
        folder: where to.
        command: str; what was typed, for the record.

    Returns:
        (path, difference): the relative difference of the distance of 2,000 images of the set, or
        of half of them where there are fewer.
    """
    features = passed(dataset.images, judge)["features"]
    statistics = Statistics.of(features)
    path = path_of(dataset.name, dataset.split, judge.name, folder)
    write_statistics(
        path,
        statistics,
        data=f"{dataset.name} {dataset.version}",
        split=dataset.split,
        data_digest=dataset.digest,
        image_shape=list(dataset.image_shape),
        class_names=list(dataset.class_names),
        extractor=judge.name,
        extractor_digest=judge.digest,
        backend=keras.backend.backend(),
        keras=keras.__version__,
        date=date.today().isoformat(),
        command=command,
    )
    # Of the whole set the distance would be 0, which nothing can be a share of.
    some = Statistics.of(random_rows(features, min(TRIED, len(features) // 2)))
    known, _ = shipped_statistics(dataset.name, dataset.split, judge, folder)
    whole = frechet_distance(some, statistics)
    return path, abs(frechet_distance(some, known) - whole) / whole


def main(arguments=None):
    """Makes the files of one data set under one extractor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", help="folder of existing copies, as for `load`")
    parser.add_argument("--data", default="mnist", help="name of the data set")
    parser.add_argument("--splits", nargs="+", default=["train", "test"])
    parser.add_argument("--extractor", default="digit-classifier", choices=list(EXTRACTORS))
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to write")
    options = parser.parse_args(arguments)
    judge = extractor(options.extractor)
    command = "python -m app.metrics.make_reference_statistics " + shlex.join(sys.argv[1:])
    for split in options.splits:
        dataset = load(options.data, directory=options.directory, split=split)
        path, difference = make(dataset, judge, options.folder, command)
        size = path.stat().st_size / 1e6
        print(f"{path.name}: {size:.2f} MB, distances differ by {difference:.1e} of their value")


if __name__ == "__main__":
    main()
