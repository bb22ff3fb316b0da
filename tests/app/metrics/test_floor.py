import numpy as np
import pytest

from app.metrics.floor import real_floor


def test_the_mean_over_disjoint_sets_and_no_more_than_five():
    rows, seen = np.arange(70.0), []

    def metric(part):
        seen.append(part.tolist())
        return part.mean()

    floor, note = real_floor(metric, rows, 10)
    assert note == "" and floor == pytest.approx(np.mean(seen))
    assert len(seen) == 5 and all(len(part) == 10 for part in seen)
    assert len(set(np.ravel(seen))) == 50, "a row is in two sets"
    assert real_floor(np.mean, rows, 10, most=1)[0] == np.mean(seen[0])


def test_draws_have_no_row_twice_and_repeat():
    rows, seen = np.arange(40), []
    first = real_floor(lambda part: seen.append(part) or part.mean(), rows, 30, draws=15)
    assert len(seen) == 15 and all(len(np.unique(part)) == 30 for part in seen)
    assert first == real_floor(np.mean, rows, 30, draws=15)
    assert first != real_floor(np.mean, rows, 30, draws=15, seed=1)


@pytest.mark.parametrize(("held_out", "found"), [(None, 0), (np.ones(3), 3)])
def test_too_few_rows_are_told(held_out, found):
    floor, note = real_floor(np.mean, held_out, 4)
    assert floor is None and f"needs 4 held-out real images, there are {found}" in note
