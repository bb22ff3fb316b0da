"""Mean and covariance of features, in one pass over any number of them.

All of it is numpy float64 on the host: JAX computes in float32 unless told otherwise, and float32
sums of shifted features are wrong by several per cent. Covariances divide by n - 1.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import linalg

from app.metrics.rows_file import BLOCK, copied
from app.metrics.score import digest


@dataclass(frozen=True, eq=False)
class Statistics:
    """Count, mean and scatter of a set of features, in float64; sets are added by `merge`.

    Args:
        count: int; number of samples seen.
        mean: float64 `(dimension,)`.
        scatter: float64 `(dimension, dimension)`; sum of the outer products about the mean.
        centred: float64 `(count, dimension)` or None; the samples less their mean, kept while they
            are at most `dimension`, because they save an eigendecomposition.

    Example:
        >>> batches = np.random.default_rng(0).normal(size=(5, 20, 3))
        >>> total = Statistics.stream(batches)
        >>> np.allclose(total.covariance, np.cov(batches.reshape(100, 3).T))
        True

    References:
        Chan, Golub & LeVeque 1983, The American Statistician 37, 242-247, eq. 2.1.
    """

    count: int
    mean: np.ndarray
    scatter: np.ndarray
    centred: np.ndarray | None = field(default=None, repr=False)

    @classmethod
    def of(cls, features):
        """Returns the statistics of one array `(samples, dimension)`, e.g. of a memory-mapped one.

        More than 4,096 rows are read in blocks, so that no float64 copy of all of them is made.
        """
        features = np.asanyarray(features)
        if features.ndim != 2 or not len(features):
            raise ValueError(
                "Features must be an array (samples, dimension) with at least one sample. "
                f"Received: shape={features.shape}"
            )
        if len(features) > max(BLOCK, features.shape[1]):
            return cls.stream(_blocks(features))
        features = np.asarray(features, np.float64)
        if not np.all(np.isfinite(features)):
            raise ValueError("Features must be finite. Received: nan or infinite values.")
        mean = features.mean(0)
        centred = features - mean
        few = len(features) <= features.shape[1]
        return cls(len(features), mean, centred.T @ centred, centred if few else None)

    @classmethod
    def stream(cls, batches):
        """Returns the statistics of an iterable of arrays; the batch size has no effect."""
        total = None
        for batch in batches:
            part = cls.of(batch)
            total = part if total is None else total.merge(part)
        if total is None:
            raise ValueError("Expected at least one batch of features. Received: none.")
        return total

    def merge(self, other):
        """Returns the statistics of both sets together."""
        count = self.count + other.count
        shift = other.mean - self.mean
        mean = self.mean + shift * (other.count / count)
        weight = self.count * other.count / count
        return Statistics(
            count, mean, self.scatter + other.scatter + weight * np.outer(shift, shift)
        )

    def without(self, part):
        """Returns the statistics of the set without a part of it: `merge` undone."""
        count = self.count - part.count
        shift = (self.mean - part.mean) * (self.count / count)  # from the part to the rest
        weight = count * part.count / self.count
        scatter = self.scatter - part.scatter - weight * np.outer(shift, shift)
        return Statistics(count, part.mean + shift, scatter)

    @cached_property
    def covariance(self):
        """The covariance, divided by n - 1 (zero for a single sample)."""
        return self.scatter / max(self.count - 1, 1)

    @cached_property
    def digest(self):
        """The sha256 of mean and scatter: the name of the set as a reference."""
        return digest(np.concatenate([self.mean[None], self.scatter]))

    @cached_property
    def factor(self):
        """F with `F^T F` = covariance: the few centred samples, or the eigenvectors by roots."""
        if self.centred is not None:
            return self.centred / np.sqrt(max(self.count - 1, 1))
        values, vectors = linalg.eigh(self.covariance, driver="evd", check_finite=False)
        return (vectors * np.sqrt(np.clip(values, 0, None))).T


def _blocks(rows):
    """Yields consecutive blocks."""
    for start in range(0, len(rows), BLOCK):
        yield copied(rows, slice(start, start + BLOCK))
