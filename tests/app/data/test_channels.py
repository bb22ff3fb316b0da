import numpy as np
import pytest

from app.data.channels import like
from app.errors import UserError

GREY = np.random.default_rng(0).integers(0, 256, (1500, 4, 4, 1), "uint8")
COLOUR = np.repeat(GREY, 3, -1)


def test_grey_becomes_colour_and_back():
    np.testing.assert_array_equal(like(GREY, 3, "x")[5:8], COLOUR[5:8])
    np.testing.assert_array_equal(like(COLOUR, 1, "x")[np.array([3, 1])], GREY[[3, 1]])
    assert like(GREY, 3, "x").shape == COLOUR.shape and len(like(COLOUR, 1, "x")) == 1500
    assert like(GREY, 1, "x") is GREY and like(COLOUR, 3, "x") is COLOUR


def test_one_coloured_pixel_is_found():
    coloured = COLOUR.copy()
    coloured[1400, 2, 2, 1] ^= 1
    with pytest.raises(UserError, match="images of 'mine' are in colour.*reference are grey"):
        like(coloured, 1, "mine")
