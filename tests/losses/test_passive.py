import keras
import numpy as np
import pytest

from losses import MeanAbsoluteError, ReverseCrossEntropy
from tests.checks import assert_close

LOGITS = np.log([[3.0, 1.0, 4.0]]).astype("float32")


@pytest.mark.parametrize("label, p", [(0, 3 / 8), (1, 1 / 8), (2, 1 / 2)])
def test_values_by_hand(label, p):
    labels = np.array([label])
    assert_close(MeanAbsoluteError()(labels, LOGITS), 1 - p, 1e-6)
    assert_close(ReverseCrossEntropy(-4.0)(labels, LOGITS), 4 * (1 - p), 1e-6)
    assert_close(ReverseCrossEntropy()(labels, LOGITS), 9.210340372 * (1 - p), 1e-6)


def test_three_halves_of_that_of_keras_for_three_classes():
    one_hot, p = np.array([[0.0, 1.0, 0.0]]), np.array([[3 / 8, 1 / 8, 1 / 2]])
    theirs = float(keras.losses.MeanAbsoluteError()(one_hot, p))
    assert_close(MeanAbsoluteError()(one_hot, LOGITS), 3 / 2 * theirs, 1e-6)


def test_the_constants_of_text_and_code_differ_by_a_weight():
    text = float(ReverseCrossEntropy(-4.0)([1], LOGITS))
    assert_close(ReverseCrossEntropy()([1], LOGITS), 2.302585 * text, 1e-6)


@pytest.mark.parametrize("log_zero", [0, 4, 9.21])
def test_refuses_a_logarithm_of_zero_that_is_not_negative(log_zero):
    with pytest.raises(ValueError, match="`log_zero` must be below 0"):
        ReverseCrossEntropy(log_zero)
