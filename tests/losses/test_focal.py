import numpy as np
import pytest

from losses import CrossEntropy, Focal
from tests.checks import assert_close
from tests.losses.formulas import value_and_gradient

LOGITS = np.random.default_rng(2).normal(scale=3, size=(8, 4)).astype("float32")
LABELS = np.arange(8) % 4


def test_value_by_hand():
    # p = 3/4: (1/4)^2 * ln(4/3).
    logits = np.log([[3.0, 1.0]]).astype("float32")
    assert_close(Focal(2.0)(np.array([0]), logits), np.log(4 / 3) / 16, 1e-6)


@pytest.mark.parametrize("gamma", [0, 1e-6])
@pytest.mark.parametrize("detached", [False, True])
def test_gamma_to_0_is_cross_entropy(gamma, detached):
    value, gradient = value_and_gradient(Focal(gamma, detached), LABELS, LOGITS)
    plain, plain_gradient = value_and_gradient(CrossEntropy(), LABELS, LOGITS)
    assert_close(value, plain, 5e-5)
    assert_close(gradient, plain_gradient, 5e-5)


@pytest.mark.parametrize("gamma", [0.01, 0.5, 1.0, 5.0])
def test_a_sure_and_right_sample_costs_nothing_and_pulls_nowhere(gamma):
    for sure in (15.0, 20.0, 90.0, 400.0):
        logits = np.array([[sure, 0.0, 0.0]], "float32")
        value, gradient = value_and_gradient(Focal(gamma), np.array([0]), logits)
        assert 0 <= value < 1e-6 and np.abs(gradient).max() < 1e-5


def test_easy_samples_count_less_with_more_gamma():
    values = [float(Focal(gamma)(LABELS, LOGITS)) for gamma in (0, 0.5, 1, 2, 5)]
    assert np.all(np.diff(values) < 0)


def test_refuses_a_negative_gamma():
    with pytest.raises(ValueError, match="`gamma` must be 0 or above. Received: gamma=-1"):
        Focal(-1)
