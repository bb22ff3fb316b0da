import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from app.metrics.nearest import nearest, nearest_rows, nearest_score


@pytest.mark.parametrize("block", [3, 64, 1000])
def test_against_scikit_learn(block):
    generator = np.random.default_rng(0)
    training, queries = generator.normal(size=(150, 5)), generator.normal(size=(80, 5))
    distances, rows = nearest(queries, training, block)
    expected, places = NearestNeighbors(n_neighbors=1).fit(training).kneighbors(queries)
    np.testing.assert_allclose(distances, expected[:, 0])
    np.testing.assert_array_equal(rows, places[:, 0])


def test_copies_are_found_and_lie_below_held_out_images():
    real = np.random.default_rng(0).normal(size=(300, 8)).astype("float32") + 100
    score = nearest_score(real[:40], real[:200], real[200:])
    assert score.value == 0.0 and score.interval == (0.0, 0.0)
    assert score.floor > 1.0 and score.samples == 40


def test_empty_sets():
    with pytest.raises(ValueError, match="at least one query"):
        nearest(np.zeros((0, 2)), np.zeros((3, 2)))


@pytest.mark.parametrize("block", [4, 1000])
def test_several_neighbours_against_scikit_learn(block):
    generator = np.random.default_rng(1)
    training, queries = generator.normal(size=(150, 5)), generator.normal(size=(20, 5))
    _, places = NearestNeighbors(n_neighbors=7).fit(training).kneighbors(queries)
    np.testing.assert_array_equal(nearest_rows(queries, training, 7, block), places)
    assert nearest_rows(queries, training[:3], 7).shape == (20, 3)
