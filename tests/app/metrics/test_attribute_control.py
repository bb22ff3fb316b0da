import numpy as np
import pytest

from app.metrics.attribute_control import DrawnByAttributes, control_scores, has_all


class Corners:
    """A judge by hand: bright in the first pixel, dark in the last."""

    name, digest, names = "corners", "0", ("bright", "dark")

    def __call__(self, images):
        return np.where(np.stack([images[:, 0, 0, 0] > 9, images[:, -1, -1, 0] < 9], 1), 1.0, -1.0)


def pictures(pairs):
    """One image for each (bright, dark)."""
    images = np.zeros((len(pairs), 2, 2, 1), "uint8")
    for image, (bright, dark) in zip(images, pairs, strict=True):
        image[0, 0], image[-1, -1] = 200 * bright, 200 * (not dark)
    return images


def drawn():
    asked = [[(1, 0), (1, 1), (1, 0), (0, 0)], [(0, 1)] * 4, [(1, 1), (1, 1), (0, 1), (1, 0)]]
    unasked = [[(0, 0), (1, 0), (0, 0), (0, 1)], [(0, 0)] * 4, [(0, 1), (1, 1), (0, 0), (0, 0)]]
    sets = (np.stack([pictures(row) for row in rows]) for rows in (asked, unasked))
    return DrawnByAttributes(("bright", "dark", "bright, dark"), *sets, Corners())


def test_shares_counted_by_hand():
    real = pictures([(1, 1), (1, 0), (0, 1), (1, 1), (0, 0)])
    scores = control_scores(drawn(), real)
    values = {name: score.value for name, score in scores.items()}
    assert values == {
        "attribute_control": pytest.approx((0.75 - 0.25 + 1 - 0 + 0.5 - 0.25) / 3),
        "attribute_bright": 0.75,
        "attribute_bright_unasked": 0.25,
        "attribute_dark": 1.0,
        "attribute_dark_unasked": 0.0,
        "attribute_bright_with_dark": 0.5,
        "attribute_bright_with_dark_unasked": 0.25,
    }
    floors = [score.floor for name, score in scores.items() if name.endswith("unasked")]
    assert floors == [0.6, 0.6, 0.4] and scores["attribute_dark"].floor is None
    assert {score.samples for name, score in scores.items() if name != "attribute_control"} == {4}
    # Wilson by hand for 4 of 4: n / (n + z^2) = 4 / 7.8415.
    assert scores["attribute_dark"].interval == pytest.approx((4 / (4 + 1.959964**2), 1.0))


def test_the_interval_of_the_mean_is_that_of_independent_shares():
    low, high = control_scores(drawn())["attribute_control"].interval
    spread = [0.75 * 0.25, 0.25 * 0.75, 0, 0, 0.5 * 0.5, 0.25 * 0.75]
    reach = 1.959964 * np.sqrt(np.sum(spread) / 4) / 3
    middle = 1.75 / 3
    assert (low, high) == pytest.approx((middle - reach, min(1, middle + reach)))
    assert control_scores(drawn())["attribute_dark_unasked"].floor is None


def test_all_attributes_of_a_combination_are_wanted():
    images = pictures([(1, 1), (1, 0), (0, 1)])
    assert has_all(Corners(), images, "bright").tolist() == [True, True, False]
    assert has_all(Corners(), images, "dark,bright").tolist() == [True, False, False]


def test_without_a_judge_there_are_no_verdicts():
    images = np.zeros((1, 2, 2, 2, 1), "uint8")
    assert DrawnByAttributes(("bright",), images, images).verdicts is None
