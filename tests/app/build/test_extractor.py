"""Which features are looked at where nobody chose."""

import pytest

from app.build.extractor import build_extractor
from app.data.label_noise import CIFAR10

DIGITS = tuple("0123456789")


@pytest.mark.parametrize(
    "names, shape, expected",
    [
        (DIGITS, (28, 28, 1), "digit-classifier"),
        (DIGITS, (8, 8, 1), "pixels"),
        (CIFAR10, (32, 32, 3), "cifar-classifier"),
        (("cat", "dog"), (32, 32, 3), "pixels"),
        ((), (28, 28, 1), "pixels"),
    ],
)
def test_what_suits_the_real_images_is_taken(names, shape, expected):
    assert build_extractor("auto", shape, names).name == expected
