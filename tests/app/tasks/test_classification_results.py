"""A classifier that learned nothing is said to be one."""

import numpy as np

from app.tasks.classification_results import stuck_warning


def test_one_class_for_all_images_is_said_by_name():
    sentence = stuck_warning(np.array([1, 1, 1]), ("cat", "dog", "fox"))
    assert "every test image 'dog'" in sentence and "--training.seed" in sentence


def test_two_classes_are_no_reason_to_speak():
    assert stuck_warning(np.array([1, 1, 2]), ("cat", "dog", "fox")) is None
