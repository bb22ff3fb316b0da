"""Data sets at another size: Pillow is the oracle for the pixels."""

import numpy as np
import pytest
from PIL import Image

from app.data import Dataset, load
from app.data.resize import resized


@pytest.mark.parametrize("size", [4, 8, 20])
def test_grey_images_are_resized_as_pillow_does(size):
    dataset = load("digits")
    found = resized(dataset, size, 1)
    assert found.image_shape == (size, size, 1)
    for image, ours in zip(dataset.images[:20], found.images, strict=False):
        theirs = Image.fromarray(image[..., 0]).resize((size, size), Image.Resampling.BILINEAR)
        assert np.abs(np.asarray(theirs).astype(int) - ours[..., 0]).max() <= 1
    np.testing.assert_array_equal(found.labels, dataset.labels)
    assert found.class_names == dataset.class_names


def test_grey_becomes_three_equal_channels_and_colour_the_mean():
    colour = resized(load("digits"), 8, 3)
    assert np.all(colour.images == colour.images[..., :1])
    images = np.zeros((2, 8, 8, 3), "uint8")
    images[..., 0] = 30
    assert np.all(resized(Dataset("red", images), 8, 1).images == 10)


def test_what_fits_is_left_as_it_is_and_another_size_is_another_digest():
    dataset = load("digits")
    assert resized(dataset, 8, 1).digest == dataset.digest
    assert resized(dataset, 9, 1).digest != dataset.digest
