"""Likelihoods of classes and attributes, against scipy's."""

import numpy as np
import pytest
from keras import ops
from scipy import special

from app.diffusion.condition import AttributeCondition, ClassCondition, NoCondition
from app.diffusion.likelihood import log_likelihood, width

LOGITS = np.array([[2.0, -1.0, 0.5], [200.0, -200.0, 0.0], [0.0, 0.0, 0.0]], "float32")


def test_classes():
    found = log_likelihood(ClassCondition(3), LOGITS, np.array([2, 1, 0]))
    expected = special.log_softmax(LOGITS.astype("float64"), axis=1)[np.arange(3), [2, 1, 0]]
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=1e-6)


def test_the_null_label_asks_for_nothing():
    found = log_likelihood(ClassCondition(3), LOGITS, np.array([3, 3, 3]))
    np.testing.assert_array_equal(ops.convert_to_numpy(found), np.zeros(3))


def test_attributes_are_independent_and_zero_asks_for_nothing():
    wanted = np.array([[1, -1, 0], [-1, 0, 0], [1, 1, 1]], "float32")
    found = log_likelihood(AttributeCondition("abc"), LOGITS, wanted)
    present = special.expit(LOGITS.astype("float64"))
    expected = [np.log(present[0, 0] * (1 - present[0, 1])), -200.0, 3 * np.log(0.5)]
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=1e-6)


def test_an_attribute_asked_for_in_part_counts_in_part():
    wanted = np.array([[0.25, -0.5, 0.0]], "float32")
    found = log_likelihood(AttributeCondition("abc"), LOGITS[:1], wanted)
    present = 1 / (1 + np.exp(-LOGITS[0].astype("float64")))
    expected = 0.25 * np.log(present[0]) + 0.5 * np.log(1 - present[1])
    np.testing.assert_allclose(ops.convert_to_numpy(found), [expected], rtol=1e-6)


def test_widths_and_refusal():
    assert width(ClassCondition(7)) == 7 and width(AttributeCondition("abcd")) == 4
    with pytest.raises(ValueError, match="of a class or of attributes"):
        log_likelihood(NoCondition(), LOGITS, None)
