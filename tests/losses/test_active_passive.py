import keras
import numpy as np
import pytest

from losses import (
    ActivePassive,
    CrossEntropy,
    MeanAbsoluteError,
    NormalizedCrossEntropy,
    ReverseCrossEntropy,
)
from tests.checks import assert_close

LOGITS = np.random.default_rng(6).normal(scale=3, size=(8, 4)).astype("float32")
LABELS = np.arange(8) % 4


def test_value_by_hand():
    # p = (1/2, 1/4, 1/4): 0.7 ln 2 + 0.3 * 4 * 1/2, the report's CE + RCE.
    loss = ActivePassive(CrossEntropy(), ReverseCrossEntropy(-4.0), alpha=0.7, beta=0.3)
    logits = np.log([[2.0, 1.0, 1.0]]).astype("float32")
    assert_close(loss([0], logits), 0.7 * np.log(2) + 0.6, 1e-6)


def test_reverse_cross_entropy_is_a_weighted_absolute_error():
    reverse = ActivePassive(NormalizedCrossEntropy(), ReverseCrossEntropy())
    absolute = ActivePassive(NormalizedCrossEntropy(), MeanAbsoluteError(), 1.0, 9.210340372)
    assert_close(reverse(LABELS, LOGITS), float(absolute(LABELS, LOGITS)), 1e-6)


def test_parts_within_parts_come_back():
    inner = ActivePassive(CrossEntropy(), MeanAbsoluteError(), 0.5, 2.0)
    loss = ActivePassive(inner, ReverseCrossEntropy(-4.0), 2.0, 1.0, reduction="sum", name="mine")
    revived = keras.losses.deserialize(keras.losses.serialize(loss))
    assert revived.active.passive.__class__ is MeanAbsoluteError
    assert revived.get_config() == loss.get_config() and revived.name == "mine"
    assert float(revived(LABELS, LOGITS)) == float(loss(LABELS, LOGITS))


def test_refuses_parts_and_weights():
    parts = CrossEntropy(), MeanAbsoluteError()
    with pytest.raises(ValueError, match="`passive` must be a loss of this package"):
        ActivePassive(parts[0], keras.losses.MeanAbsoluteError())
    with pytest.raises(ValueError, match="`active` must be"):
        ActivePassive("ce", parts[1])
    with pytest.raises(ValueError, match="alpha=-0.1"):
        ActivePassive(*parts, alpha=-0.1)
    with pytest.raises(ValueError, match="not 0 with alpha"):
        ActivePassive(*parts, alpha=0, beta=0)
