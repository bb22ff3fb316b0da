"""Sets sorted by class, and sets with classes in turn, score as the same sets in any order."""

import numpy as np

from app.data.subsets import random_rows, shuffled
from app.metrics.frechet import frechet_score
from app.metrics.precision_recall import precision_recall

CENTRES = np.array([[0.0, 0.0], [40.0, 0.0], [0.0, 40.0], [40.0, 40.0]])


def four_classes(seed, each=100, turn=False):
    """Points around four far centres, class after class, or class in turn."""
    labels = np.tile(np.arange(4), each) if turn else np.repeat(np.arange(4), each)
    return CENTRES[labels] + np.random.default_rng(seed).normal(size=(len(labels), 2))


def test_order_is_random_fixed_and_loses_no_row():
    rows = np.arange(100)
    np.testing.assert_array_equal(shuffled(rows), shuffled(rows))
    np.testing.assert_array_equal(np.sort(shuffled(rows)), rows)
    assert set(shuffled(rows)[:20] // 25) == {0, 1, 2, 3}
    assert (shuffled(rows, seed=1) != shuffled(rows)).any()


def test_floor_of_a_set_sorted_by_class_is_that_of_all_its_classes():
    reference, held_out = four_classes(0, each=400), four_classes(1, each=400)
    score = frechet_score(four_classes(2, each=50, turn=True), reference, held_out)
    # 200 rows of one class would lie 40^2 / 2 away in the mean alone.
    assert score.floor < 60


def test_interval_of_classes_in_turn_is_no_wider_than_that_of_the_same_rows_in_any_order():
    reference, generated = four_classes(0), four_classes(2, turn=True) + [0.5, 0.0]
    in_turn = frechet_score(generated, reference).interval
    mixed = frechet_score(np.random.default_rng(3).permutation(generated), reference).interval
    assert np.diff(in_turn)[0] < 3 * np.diff(mixed)[0]


def test_real_recall_of_a_set_sorted_by_class_covers_all_classes():
    reference, held_out = four_classes(0, each=50), four_classes(1, each=200)
    scores = precision_recall(four_classes(2, each=50), reference, held_out)
    assert scores["recall"].floor > 0.8


def test_random_rows_are_the_first_of_all_shuffled_ones():
    rows = np.arange(100)
    np.testing.assert_array_equal(random_rows(rows, 30), shuffled(rows)[:30])
    assert random_rows(rows, 100) is rows and random_rows(rows, 101) is rows
