"""Images under affine maps: against SciPy, and what must not change."""

import numpy as np
import pytest
from scipy import ndimage

from app.data.movement import moved

IMAGES = np.random.default_rng(1).uniform(size=(6, 9, 12, 2)).astype("float32")


@pytest.mark.parametrize("fill", [0.0, -1.0])
def test_against_scipy(fill):
    found = moved(IMAGES, 0.2, 3.0, np.random.default_rng(5), fill)
    assert found.shape == IMAGES.shape and found.dtype == np.float32
    random = np.random.default_rng(5)
    matrices = np.eye(2) + 0.2 * random.standard_normal((6, 2, 2))
    shifts = random.uniform(-3.0, 3.0, (6, 2))
    centre = np.array([4.0, 5.5])
    for image, matrix, shift, result in zip(IMAGES, matrices, shifts, found, strict=True):
        offset = centre - matrix @ centre + shift
        for channel in range(2):
            expected = ndimage.affine_transform(
                image[..., channel].astype("float64"),
                matrix,
                offset,
                order=1,
                mode="grid-constant",
                cval=fill,
            )
            np.testing.assert_allclose(result[..., channel], expected, atol=2e-6)


def test_without_spread_and_shift_nothing_moves():
    np.testing.assert_array_equal(moved(IMAGES, 0.0, 0.0, np.random.default_rng(0)), IMAGES)


def test_an_image_moved_out_of_sight_is_fill():
    found = moved(IMAGES, 0.0, 1e4, np.random.default_rng(0), fill=0.5)
    assert np.mean(found == 0.5) == 1.0
