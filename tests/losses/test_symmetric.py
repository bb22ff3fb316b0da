import numpy as np
import pytest

from losses import CrossEntropy, ReverseCrossEntropy, SymmetricCrossEntropy
from tests.checks import assert_close

LOGITS = np.random.default_rng(5).normal(scale=3, size=(8, 4)).astype("float32")
LABELS = np.arange(8) % 4


def test_value_by_hand():
    # p = 1/4: 0.1 ln 4 + 4 * 3/4.
    loss = SymmetricCrossEntropy(0.1, 1.0, log_zero=-4.0)
    assert_close(loss([0], np.zeros((1, 4), "float32")), 0.1 * np.log(4) + 3, 1e-6)


def test_each_weight_alone():
    cross, reverse = CrossEntropy()(LABELS, LOGITS), ReverseCrossEntropy()(LABELS, LOGITS)
    assert_close(SymmetricCrossEntropy(6.0, 0.0)(LABELS, LOGITS), 6 * float(cross), 1e-5)
    assert_close(SymmetricCrossEntropy(0.0, 2.0)(LABELS, LOGITS), 2 * float(reverse), 1e-5)


@pytest.mark.parametrize(
    "arguments, words",
    [((-1, 1), "alpha=-1"), ((1, -1), "beta=-1"), ((0, 0), "not 0"), ((1, 1, 1), "log_zero=1")],
)
def test_refuses_weights_out_of_range(arguments, words):
    with pytest.raises(ValueError, match=words):
        SymmetricCrossEntropy(*arguments)
