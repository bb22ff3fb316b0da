"""Best of n: what is kept, and of which index it is."""

import numpy as np
import pytest

from app.errors import UserError
from app.models.best_of import APART, best_of


def draw(first):
    """Images whose only pixel is a function of their index."""
    index = first + np.arange(6)
    return ((index * 37 + index // APART * 91) % 251).astype("uint8").reshape(6, 1, 1, 1)


def angle(images):
    """Two numbers an image; the similarity with (1, 0) falls from pixel 0 to 255."""
    turn = images.reshape(-1) / 255 * np.pi
    return np.stack([np.cos(turn), np.sin(turn)], axis=1)


TEXTS = np.tile([[1.0, 0.0]], (6, 1))


def test_the_most_similar_candidate_of_each_image_is_kept():
    images, similarities, chosen = best_of(draw, angle, TEXTS, 4, 10)
    candidates = np.stack([draw(10 + j * APART)[:, 0, 0, 0] for j in range(4)], axis=1)
    np.testing.assert_array_equal(images[:, 0, 0, 0], candidates.min(1))
    np.testing.assert_array_equal(chosen, candidates.argmin(1))
    np.testing.assert_allclose(similarities, np.cos(candidates / 255 * np.pi), atol=1e-6)
    assert len(set(chosen.tolist())) > 1


def test_one_candidate_is_the_image_itself_and_an_image_is_its_own_in_any_part():
    np.testing.assert_array_equal(best_of(draw, angle, TEXTS, 1, 10)[0], draw(10))
    whole = best_of(draw, angle, TEXTS, 3, 10)[0]

    def later(first):
        return draw(first)[:2]

    np.testing.assert_array_equal(best_of(later, angle, TEXTS[:2], 3, 14)[0], whole[4:])


def test_more_candidates_are_never_worse():
    best = [best_of(draw, angle, TEXTS, n, 0)[1].max(1) for n in (1, 2, 8)]
    assert np.all(best[0] <= best[1]) and np.all(best[1] <= best[2])


@pytest.mark.parametrize("candidates", [0, 65])
def test_numbers_out_of_range_are_refused(candidates):
    with pytest.raises(UserError, match="1 to 64"):
        best_of(draw, angle, TEXTS, candidates, 0)


def test_indices_of_other_candidates_are_refused():
    with pytest.raises(UserError, match="indices below 16777216"):
        best_of(draw, angle, TEXTS, 2, APART - 5)
