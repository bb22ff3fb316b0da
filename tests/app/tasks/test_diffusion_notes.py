"""What `train` notes of a recipe and its data before it begins."""

import numpy as np
import pytest

from app.config import Diffusion
from app.data import Dataset
from app.tasks.diffusion import deviation_warning


def edm(sigma_data, low=-1.0, high=1.0):
    fields = {"pixel_low": low, "pixel_high": high, "sigma_data": sigma_data}
    return Diffusion(schedule="karras", target="edm", times="log_normal", **fields)


@pytest.fixture
def halves():
    """Images of 0 and 255 in equal parts, sorted: their deviation is half the range of pixels."""
    pixels = np.repeat(np.array([0, 255], "uint8"), 2000)
    return Dataset("halves", np.broadcast_to(pixels[:, None, None], (4000, 4, 4)))


@pytest.mark.parametrize("sigma_data", [0.81, 1.0, 1.19])
def test_a_deviation_within_a_fifth_is_fine(halves, sigma_data):
    assert deviation_warning(edm(sigma_data), halves) is None


@pytest.mark.parametrize(
    "diffusion, words",
    [
        (edm(0.5), "deviation 0.5, but those of halves have 1 in the range -1 to 1"),
        (edm(1.0, 0.0, 1.0), "have 0.5 in the range 0 to 1. Pass --diffusion.sigma-data 0.5."),
    ],
)
def test_another_deviation_is_told_with_the_one_measured(halves, diffusion, words):
    assert words in deviation_warning(diffusion, halves)


def test_other_targets_need_none(halves):
    assert deviation_warning(Diffusion(), halves) is None
