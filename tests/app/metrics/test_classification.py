"""Scores of a classifier against scikit-learn, and the memorised share by hand."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss

from app.metrics.classification import held_out_scores, memorisation

RANDOM = np.random.default_rng(0)
LOGITS = RANDOM.normal(size=(500, 4)) * 3
LABELS = RANDOM.integers(0, 4, 500)


def test_scores_agree_with_scikit_learn():
    scores = held_out_scores(LOGITS, LABELS)
    chances = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
    assert scores["test_accuracy"].value == accuracy_score(LABELS, LOGITS.argmax(1))
    assert scores["test_cross_entropy"].value == pytest.approx(log_loss(LABELS, chances))
    for score in scores.values():
        assert score.samples == 500
    low, high = scores["test_accuracy"].interval
    assert low < scores["test_accuracy"].value < high


def test_scores_by_hand():
    # Sure of class 0 by 0.9, right twice and wrong once; of class 1 by 0.6, right.
    chances = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.4, 0.6]])
    scores = held_out_scores(np.log(chances) + 5.0, [0, 0, 1, 1])
    error = 3 / 4 * abs(2 / 3 - 0.9) + 1 / 4 * abs(1.0 - 0.6)
    assert scores["calibration_error"].value == pytest.approx(error)
    assert scores["calibration_error"].interval is None
    values = -np.log([0.9, 0.9, 0.1, 0.6])
    spread = np.sqrt(np.sum((values - values.mean()) ** 2) / 3)
    half = 1.96 * spread / 2  # divided by sqrt(4)
    low, high = scores["test_cross_entropy"].interval
    assert scores["test_cross_entropy"].value == pytest.approx(values.mean())
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half))


def test_one_image_says_nothing_of_the_spread():
    assert held_out_scores([[0.0, 0.0]], [1])["test_cross_entropy"].interval == (-np.inf, np.inf)


def test_huge_logits_stay_finite():
    scores = held_out_scores(np.eye(3) * 200 - 100, [0, 1, 0])
    assert scores["test_cross_entropy"].value == pytest.approx(200 / 3)


def test_memorisation_of_right_and_wrong_labels():
    predicted = np.array([0, 0, 1, 1, 2])
    labels = np.array([0, 1, 1, 0, 2])
    wrong = np.array([False, True, False, True, True])
    found = memorisation(predicted, labels, wrong)
    assert found == {"fitted_right": 1.0, "fitted_wrong": pytest.approx(1 / 3)}
    assert memorisation(predicted, labels, wrong & False) == {"fitted_right": 0.6}
