"""Rankings by hand."""

import numpy as np
import pytest

from app.metrics.ranking import average_precision, precision_at

RELEVANT = np.array([False, True, True, False])
SCORES = np.array([0.9, 0.8, 0.1, 0.2])  # ranks 0 (no), 1 (yes), 3 (no), 2 (yes)


def test_precision_of_the_first():
    order = np.argsort(-SCORES)
    assert [precision_at(RELEVANT, order, n) for n in (1, 2, 4)] == [0.0, 0.5, 0.5]


def test_average_precision_is_the_mean_precision_at_each_hit():
    assert average_precision(RELEVANT, SCORES) == pytest.approx((1 / 2 + 2 / 4) / 2)
