import numpy as np
import pytest

from app.data.arrays import as_images, as_labels, no_and_yes
from app.errors import UserError


def test_images_of_any_stated_scale_become_the_same_uint8():
    pixels = np.arange(48, dtype="uint8").reshape(3, 4, 4) * 5
    expected = pixels[..., None]
    for given in (pixels, pixels.astype("int64"), pixels.astype("float64"), pixels / 255.0):
        images = as_images(given)
        assert images.dtype == np.uint8
        np.testing.assert_array_equal(images, expected)
    assert as_images(np.ones((1, 2, 2), bool)).max() == 255
    # 0.5 / 255 is a half and goes up.
    assert as_images(np.full((1, 1, 1), 0.5 / 255)).item() == 1


BAD_IMAGES = [
    (np.full((2, 3, 3), np.nan), "18 NaN or infinite"),
    (np.full((2, 3, 3), -1.0), "-1.0 to -1.0"),
    (np.full((2, 3, 3), 256), "256 to 256"),
    (np.zeros((2, 3, 3, 2)), "1 or 3 channels"),
    (np.zeros((2, 3)), r"shape \(2, 3\)"),
    (np.zeros((0, 3, 3)), "at least one image"),
    (np.array(["a"]), "must be numbers"),
    (np.array([np.zeros((2, 2)), None], dtype=object), "one common shape"),
]


def test_bad_images_are_refused_in_a_sentence():
    for images, sentence in BAD_IMAGES:
        with pytest.raises(UserError, match=sentence):
            as_images(images, "mine")


def test_labels():
    assert as_labels(None, 3) is None and as_labels([-1, -1, -1], 3) is None
    assert as_labels([0.0, 2.0], 2).tolist() == [0, 2]
    assert as_labels(np.array([[1], [0]], "uint8"), 2).tolist() == [1, 0]
    attributes = as_labels([[1, -1], [0, 1]], 2)
    assert attributes.dtype == np.float32 and attributes.shape == (2, 2)


BAD_LABELS = [
    ([0, 1], None, r"3 images. Received: shape \(2,\)"),
    ([0, 1, 3], 3, r"0\.\.2\. Received: 3 at index 2 \(1 labels"),
    ([0, -1, 0], None, "-1 at index 1"),
    ([0.0, 0.5, 1.0], None, "whole numbers"),
    (["a", "b", "c"], None, "whole numbers"),
    (np.full((3, 2), 5), None, "-1 .no., .1 .yes."),
    (0, None, "one entry"),
]


def test_bad_labels_are_refused_in_a_sentence():
    for labels, classes, sentence in BAD_LABELS:
        with pytest.raises(UserError, match=sentence):
            as_labels(labels, 3, classes)


def test_no_and_yes_of_a_file():
    assert no_and_yes([[0, 1], [1, 1]]).tolist() == [[-1, 1], [1, 1]]
    assert no_and_yes([[0], [1]]).tolist() == [[-1], [1]]
    assert no_and_yes([[0, 1], [-1, 1]]).tolist() == [[0, 1], [-1, 1]]  # 0 is unknown
    assert no_and_yes([0, 1, 1]).tolist() == [0, 1, 1] and no_and_yes(None) is None
    with pytest.raises(UserError, match=r"one-hot class labels.*argmax\(1\)"):
        no_and_yes(np.eye(3), "mine")
