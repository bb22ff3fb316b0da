import numpy as np
import pytest

from app.metrics.accuracy import class_accuracy


def test_by_hand():
    score = class_accuracy(np.array([1, 2, 3, 4]), np.array([1, 2, 3, 9]), real_accuracy=0.99)
    assert score.value == 0.75 and score.samples == 4 and score.floor == 0.99
    assert score.interval[0] < 0.75 < score.interval[1] < 1.0


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="one label"):
        class_accuracy(np.zeros(3), np.zeros(4))
