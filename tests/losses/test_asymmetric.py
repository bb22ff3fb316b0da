import numpy as np
import pytest

from losses import (
    AsymmetricGeneralizedCrossEntropy,
    AsymmetricMeanSquare,
    GeneralizedCrossEntropy,
    MeanAbsoluteError,
)
from tests.checks import assert_close

LOGITS = np.random.default_rng(8).normal(scale=3, size=(8, 4)).astype("float32")
LABELS = np.arange(8) % 4


def test_values_by_hand():
    # p = (1/2, 1/4, 1/4), a = 2: (1.5^2 + 1/16 + 1/16) / 3 and (1/4 + 1.75^2 + 1/16) / 3.
    logits = np.log([[2.0, 1.0, 1.0]]).astype("float32")
    assert_close(AsymmetricMeanSquare(2)([0], logits), 2.375 / 3, 1e-6)
    assert_close(AsymmetricMeanSquare(2)([1], logits), 3.375 / 3, 1e-6)
    # a = 1, q = 2: (4 - 2.25) / 2.
    assert_close(AsymmetricGeneralizedCrossEntropy(1, 2)([0], logits), 0.875, 1e-6)


def test_a_1_is_the_brier_score_over_classes():
    p = np.exp(LOGITS.astype("float64"))
    p /= p.sum(-1, keepdims=True)
    brier = np.mean(np.sum((np.eye(4)[LABELS] - p) ** 2, -1))
    assert_close(AsymmetricMeanSquare(1)(LABELS, LOGITS), brier / 4, 1e-6)


def test_ranges_of_the_mean_square():
    sure = np.array([[200.0, 0, 0, 0]], "float32")
    assert_close(AsymmetricMeanSquare(30)([0], sure), 29**2 / 4, 1e-6)
    assert_close(AsymmetricMeanSquare(30)([1], sure), (30**2 + 1) / 4, 1e-6)


@pytest.mark.parametrize(
    "a, q, limit",
    [(5.0, 1.0, MeanAbsoluteError()), (1e-6, 0.7, GeneralizedCrossEntropy(0.7))],
)
def test_limits_of_the_moved_cross_entropy(a, q, limit):
    loss = AsymmetricGeneralizedCrossEntropy(a, q)
    assert_close(loss(LABELS, LOGITS), float(limit(LABELS, LOGITS)), 1e-4)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: AsymmetricMeanSquare(0.5), "`a` must be 1 or above. Received: a=0.5"),
        (lambda: AsymmetricGeneralizedCrossEntropy(a=0), "for a = 0 use GeneralizedCrossEntropy"),
        (lambda: AsymmetricGeneralizedCrossEntropy(q=0), "q=0"),
    ],
)
def test_refuses_arguments_out_of_range(make, words):
    with pytest.raises(ValueError, match=words):
        make()
