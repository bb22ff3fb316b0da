"""Kernels, and the squared maximum mean discrepancy from sums over blocks of them.

`MMD^2 = E k(x, x') - 2 E k(x, y) + E k(y, y')`, x generated, y real. The biased estimate (a
V-statistic) takes the means over all pairs, the unbiased one (a U-statistic) leaves out each row
with itself and can be negative. Tables of the kernel are computed in square blocks in float64, so
memory does not grow with the sets; kept are sums by group of rows, from which the value without any
group, and so a jackknife interval, costs nothing more.
"""

from dataclasses import dataclass

import numpy as np

from app.data.subsets import dealt
from app.metrics.distances import BLOCK, blocks, squared_distances
from app.metrics.intervals import GROUPS


def cubic_kernel(first, second):
    """Returns `(x . y / dimension + 1)^3`, the kernel of KID, `(n, m)`.

    Args:
        first: float64 `(n, dimension)`.
        second: float64 `(m, dimension)`.

    Example:
        >>> cubic_kernel(np.array([[2.0, 0.0]]), np.array([[1.0, 5.0]])).tolist()
        [[8.0]]

    References:
        Binkowski et al. 2018, arXiv:1801.01401v5, section 4.
    """
    table = first @ second.T / first.shape[1] + 1
    return table * table * table


def rbf_kernel(sigma):
    """Returns the function `exp(-|x - y|^2 / (2 sigma^2))` of two sets of rows.

    Args:
        sigma: float above 0, the width, in units of the features.

    Raises:
        ValueError: if sigma is not above 0.

    Example:
        >>> float(rbf_kernel(1.0)(np.zeros((1, 2)), np.ones((1, 2)))[0, 0])  # exp(-1)
        0.36787944117144233
    """
    if not sigma > 0:
        raise ValueError(f"Expected a kernel width `sigma` above 0. Received: sigma={sigma}.")
    return lambda first, second: np.exp(squared_distances(first, second) / (-2 * sigma**2))


@dataclass(frozen=True, eq=False)
class KernelSums:
    """Sums of a kernel over the generated rows, by group, and its mean over the reference.

    Args:
        within: float64 `(groups, groups)`; sums of k(x, x'), each row with itself included.
        diagonal: float64 `(groups,)`; sums of k(x, x).
        across: float64 `(groups,)`; sums of the mean over y of k(x, y).
        counts: int `(groups,)`; rows in each group.
        biased_reference: float; mean of k(y, y').
        unbiased_reference: float; the same without each row with itself.
    """

    within: np.ndarray
    diagonal: np.ndarray
    across: np.ndarray
    counts: np.ndarray
    biased_reference: float
    unbiased_reference: float

    @classmethod
    def of(cls, kernel, rows, reference, member=None, block=BLOCK):
        """Sums over all pairs of `rows`, and of them with `reference`.

        Args:
            kernel: function of two float64 arrays of rows, returning the table `(n, m)`.
            rows: array `(n, dimension)`.
            reference: array `(m, dimension)`.
            member: int `(n,)`; group of each row. Default: dealt at random.
            block: int; rows and columns held at once.
        """
        member = dealt(len(rows), GROUPS) if member is None else np.asarray(member)
        groups = np.eye(member.max() + 1)[member]
        within, diagonal = _sums(kernel, rows, groups, block)
        across = np.zeros(len(within))
        for start, chosen in blocks(rows, block):
            here = groups[start : start + len(chosen)].T
            for _, columns in blocks(reference, block):
                across += here @ kernel(_double(chosen), _double(columns)).sum(1)
        together, alone = _sums(kernel, reference, np.ones((len(reference), 1)), block)
        count = len(reference)
        return cls(
            within,
            diagonal,
            across / count,
            groups.sum(0),
            float(together[0, 0]) / count**2,
            float(together[0, 0] - alone[0]) / max(count * (count - 1), 1),
        )

    def squared_mmd(self, unbiased, without=None):
        """Returns MMD^2 of all rows, or of the rows without one group."""
        keep = np.ones(len(self.counts))
        if without is not None:
            keep[without] = 0.0
        count = self.counts @ keep
        same = keep @ self.within @ keep
        if unbiased:
            same = (same - self.diagonal @ keep) / (count * (count - 1)) + self.unbiased_reference
        else:
            same = same / count**2 + self.biased_reference
        return float(same - 2 * (self.across @ keep) / count)

    def squared_mmd_without_each(self, unbiased):
        """Returns MMD^2 without each group in turn, float64 `(groups,)`."""
        values = [self.squared_mmd(unbiased, group) for group in range(len(self.counts))]
        return np.array(values)


def check_pair(generated, reference, fewest=2):
    """Says in a sentence if two sets of features cannot be held against each other."""
    for features in (generated, reference):
        if features.ndim != 2 or len(features) < fewest:
            raise ValueError(
                f"Features must be an array (samples, dimension) with at least {fewest} samples. "
                f"Received: shape={features.shape}"
            )
    if generated.shape[1] != reference.shape[1]:
        raise ValueError(
            "Both sets of features must come from one extractor. Received: dimensions "
            f"{generated.shape[1]} and {reference.shape[1]}."
        )


def _double(rows):
    return np.asarray(rows, np.float64)


def _sums(kernel, rows, groups, block):
    """Returns sums of k by pair of groups, and of k(x, x) by group; each pair computed once."""
    within = np.zeros((groups.shape[1], groups.shape[1]))
    diagonal = np.zeros(groups.shape[1])
    for start, chosen in blocks(rows, block):
        here = groups[start : start + len(chosen)]
        for other, columns in blocks(rows[start:], block):
            table = kernel(_double(chosen), _double(columns))
            part = here.T @ table @ groups[start + other : start + other + len(columns)]
            within += part if other == 0 else part + part.T
            if other == 0:
                diagonal += here.T @ np.diagonal(table)
    return within, diagonal
