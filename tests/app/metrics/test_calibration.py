"""Expected calibration error against hand-worked values and a known miscalibration."""

import numpy as np
import pytest

from app.metrics.calibration import calibration_error


def test_a_hand_worked_case():
    # Confidences .9 (right), .9 (wrong), .6 (right): bins of width 0.2 hold {.9, .9} and {.6}.
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6]])
    expected = 2 / 3 * abs(0.5 - 0.9) + 1 / 3 * abs(1.0 - 0.6)
    assert calibration_error(probabilities, [0, 1, 1], bins=5) == pytest.approx(expected)


def test_a_classifier_that_is_as_right_as_it_is_sure_has_next_to_none():
    random = np.random.default_rng(0)
    confidence = random.uniform(0.5, 1.0, 200_000)
    right = random.random(200_000) < confidence
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    assert calibration_error(probabilities, np.where(right, 0, 1)) < 0.01


@pytest.mark.parametrize("sure", [0.75, 1.0])
def test_the_gap_of_one_that_is_surer_than_right(sure):
    labels = np.arange(1000) % 2  # half of the predictions are right
    probabilities = np.tile([sure, 1 - sure], (1000, 1))
    assert calibration_error(probabilities, labels) == pytest.approx(sure - 0.5)


def test_a_confidence_on_an_edge_belongs_to_the_bin_below():
    probabilities = np.array([[0.6, 0.4], [0.7, 0.3]])  # edges at 0, .2, .4, .6, .8, 1
    # Each alone in its bin: right with .6 and wrong with .7.
    assert calibration_error(probabilities, [0, 1], bins=5) == pytest.approx((0.4 + 0.7) / 2)


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="n labels"):
        calibration_error(np.ones((3, 2)) / 2, [0, 1])
