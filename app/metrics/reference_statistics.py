"""Statistics of well-known data sets that the repository ships: a distance without the data.

One file a data set, split and extractor, `reference_files/<data>-<split>-<extractor>.npz`: count,
mean (float64), a triangular root of the covariance (float32), and a record of what made it
(`make_reference_statistics`). The root R, with `R^T R = covariance`, keeps what a float32
covariance would lose of its small eigenvalues; all that is computed from it is float64.
"""

import json
from pathlib import Path

import numpy as np
from scipy import linalg

from app.errors import UserError, first_line
from app.metrics.statistics import Statistics

FOLDER = Path(__file__).with_name("reference_files")


def path_of(data, split, extractor, folder=FOLDER):
    """Returns where the statistics of a split of a data set under an extractor lie.

    Args:
        data: str; name of the data set.
        split: str; "train" or "test".
        extractor: str; name of the extractor.
        folder: where the files are.
    """
    return Path(folder) / f"{data}-{split}-{extractor}.npz"


def extractors_of(data, split, folder=FOLDER):
    """Returns the names of the extractors under which a split's statistics are shipped.

    Example:
        >>> extractors_of("mnist", "test")
        ['digit-classifier']
    """
    start = f"{data}-{split}-"
    names = (path.stem for path in Path(folder).glob("*.npz"))
    return sorted(name.removeprefix(start) for name in names if name.startswith(start))


def write_statistics(path, statistics, **record):
    """Writes statistics in a file of a few megabytes.

    Args:
        path: where to, as `path_of` says.
        statistics: `Statistics`, float64.
        **record: plain values: "data_digest", "extractor_digest", ...
    """
    root = linalg.qr(statistics.factor, mode="r")[0][: len(statistics.mean)]
    square = np.zeros((len(statistics.mean), len(statistics.mean)))
    square[: len(root)] = root
    triangle = square[np.triu_indices(len(square))].astype(np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        count=statistics.count,
        mean=statistics.mean,
        root=triangle,
        record=json.dumps(record, indent=1),
    )


def shipped_statistics(data, split, extractor, folder=FOLDER):
    """Reads the shipped statistics of a data set, if they were made with this very extractor.

    The Frechet distance to them is that to the full statistics, to 1e-5 of its value or better
    (MNIST: 2e-7, CIFAR-10: 6e-9).

    Args:
        data: str; name of the data set.
        split: str; "train" or "test".
        extractor: the feature extractor, whose name and digest must agree.
        folder: where the files are.

    Returns:
        (statistics, record): `Statistics`, and a dict with "data_digest", "extractor_digest", ...

    Raises:
        UserError: there are none, they are damaged, or they were made with other weights.

    Example:
        ```python
        statistics, record = shipped_statistics("mnist", "test", DigitFeatures())
        frechet_distance(DigitFeatures()(images), statistics)
        ```
    """
    path = path_of(data, split, extractor.name, folder)
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in Path(folder).glob("*.npz")))
        raise UserError(
            f"No statistics of {data} {split} are shipped for the extractor '{extractor.name}'. "
            f"Shipped: {known or 'none'}. Give the data set itself, or another --extractor."
        )
    try:
        with np.load(path, allow_pickle=False) as file:
            count, mean, triangle = int(file["count"]), file["mean"], file["root"]
            record = json.loads(str(file["record"]))
        root = np.zeros((len(mean), len(mean)))
        root[np.triu_indices(len(mean))] = triangle
        made_with = record["extractor_digest"]
    except Exception as error:  # an archive can be damaged in many ways
        raise UserError(
            f"The statistics {path} are damaged ({first_line(error)}). Restore them with "
            "`git checkout`."
        ) from error
    if made_with != extractor.digest:
        raise UserError(
            f"The statistics {path.name} were made with weights of sha256 {made_with[:12]}..., the "
            f"extractor has {extractor.digest[:12]}...: distances would mean nothing. Make them "
            "again: `python -m app.metrics.make_reference_statistics`."
        )
    return Statistics(count, mean, root.T @ root * max(count - 1, 1)), record
