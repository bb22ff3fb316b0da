"""Verdicts by hand: a difference counts from two standard errors on."""

import pytest

from app.reproductions.verdicts import Mean, greater, verdict


def test_mean_and_standard_error_by_hand():
    mean = Mean.of([1.0, 2.0, 3.0])
    assert (mean.value, mean.seeds) == (2.0, 3)
    assert mean.error == pytest.approx((1 / 3) ** 0.5)
    assert Mean.of([2.0]).error is None and Mean.of([]) is None


@pytest.mark.parametrize(
    "one, other, expected",
    [
        ([0.90, 0.92], [0.50, 0.52], True),
        ([0.50, 0.52], [0.90, 0.92], False),
        ([0.50, 0.54], [0.52, 0.56], None),  # errors .02 each: the margin is .057, they differ .02
        ([0.90], [0.50, 0.52], None),  # one seed tells nothing
    ],
)
def test_greater(one, other, expected):
    assert greater(Mean.of(one), Mean.of(other)) is expected


def test_the_margin_is_two_standard_errors_of_the_difference():
    one, other = [0.0, 0.2], [0.0, 0.0]  # mean .1, error .1; the margin is .2
    assert greater(Mean.of(one), Mean.of(other)) is None
    assert greater(Mean.of([0.1, 0.12]), Mean.of(other)) is True  # .11 against a margin of .02


def test_words():
    assert verdict([True, True]) == "holds"
    assert verdict([True, False]) == verdict([None, False]) == "fails"
    assert verdict([True, None]) == verdict([]) == "undecided"
