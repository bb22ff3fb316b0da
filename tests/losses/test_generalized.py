import numpy as np
import pytest

from losses import CrossEntropy, GeneralizedCrossEntropy, MeanAbsoluteError
from tests.checks import assert_close
from tests.losses.formulas import value_and_gradient

LOGITS = np.random.default_rng(4).normal(scale=3, size=(8, 4)).astype("float32")
LABELS = np.arange(8) % 4


def test_value_by_hand():
    # p = 1/4: (1 - 1/2) / (1/2).
    assert_close(GeneralizedCrossEntropy(0.5)([0], np.zeros((1, 4), "float32")), 1.0, 1e-6)


@pytest.mark.parametrize(
    "q, limit, tolerance", [(1e-5, CrossEntropy, 1e-4), (1, MeanAbsoluteError, 1e-6)]
)
def test_ends_of_the_family(q, limit, tolerance):
    value, gradient = value_and_gradient(GeneralizedCrossEntropy(q), LABELS, LOGITS)
    end, end_gradient = value_and_gradient(limit(), LABELS, LOGITS)
    assert_close(value, end, tolerance)
    assert_close(gradient, end_gradient, tolerance)


def test_bounded_by_one_over_q():
    far = np.array([[-200.0, 200.0]], "float32")
    for q in (0.1, 0.7, 1.0):
        assert_close(GeneralizedCrossEntropy(q)([0], far), 1 / q, 1e-6)


@pytest.mark.parametrize("q", [0, -0.1, 1.01])
def test_refuses_q_out_of_range(q):
    with pytest.raises(ValueError, match=r"`q` must be in \(0, 1\]"):
        GeneralizedCrossEntropy(q)
