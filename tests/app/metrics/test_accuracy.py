import numpy as np
import pytest
from scipy import stats

from app.metrics.accuracy import attribute_accuracy, class_accuracy, most_frequent


def test_by_hand():
    score = class_accuracy(np.array([1, 2, 3, 4]), np.array([1, 2, 3, 9]), real_accuracy=0.99)
    assert score.value == 0.75 and score.samples == 4 and score.floor == 0.99
    assert score.interval[0] < 0.75 < score.interval[1] < 1.0


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="one label"):
        class_accuracy(np.zeros(3), np.zeros(4))


def test_attributes_by_hand_and_unknown_ones_left_out():
    logits = np.array([[3.0, -1.0], [-2.0, 0.5], [1.0, 1.0], [-1.0, -9.0]])
    wanted = np.array([[1, -1], [1, 0], [1, -1], [0, -1]])
    score = attribute_accuracy(logits, wanted)
    assert score.value == pytest.approx(4 / 6) and score.samples == 4
    assert score.interval[0] < 4 / 6 < score.interval[1] <= 1.0


def test_the_interval_of_attributes_takes_images_not_answers_as_independent():
    """Ten attributes that are all right or all wrong say no more than one; t with 9 degrees."""
    right = np.arange(200) % 4 > 0
    logits = np.where(right, 1.0, -1.0)[:, None] * np.ones(10)
    low, high = attribute_accuracy(logits, np.ones((200, 10))).interval
    reach = stats.t.ppf(0.975, 9) * np.sqrt(0.75 * 0.25 / 200)
    assert (high - low) / 2 == pytest.approx(reach, rel=0.6) and high - low > 0.05


def test_chance_is_the_most_frequent_answer():
    assert most_frequent(np.array([2, 2, 2, 0, 1])) == 0.6
    # By column: 3 of 4 present, 2 of 3 absent, the fourth unknown.
    vectors = np.array([[1, -1], [1, 1], [1, 0], [-1, -1]])
    assert most_frequent(vectors) == pytest.approx((3 + 2) / 7)
