import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from app.metrics.precision_recall import covered, precision_recall, squared_radii


def line(*values):
    return np.array(values, float)[:, None]


def test_by_hand_on_a_line():
    # k = 1. Real 0, 1, 10: radii 1, 1, 9. Generated 0.5, 30, 31: radii 29.5, 1, 1.
    real, generated = line(0, 1, 10), line(0.5, 30, 31)
    np.testing.assert_allclose(squared_radii(real, 1), [1, 1, 81])
    scores = precision_recall(generated, real, neighbours=1)
    assert scores["precision"].value == pytest.approx(1 / 3)  # only 0.5 is near a real point
    assert scores["recall"].value == pytest.approx(1.0)  # 0.5 reaches from -29 to 30


def test_against_scikit_learn():
    generator = np.random.default_rng(0)
    real, generated = generator.normal(size=(300, 6)), generator.normal(0.5, 0.8, size=(200, 6))

    def share(points, centres):
        distances, _ = NearestNeighbors(n_neighbors=4).fit(centres).kneighbors(centres)
        between = np.linalg.norm(points[:, None] - centres[None], axis=-1)
        return np.mean((between <= distances[:, -1]).any(1))

    scores = precision_recall(generated, real, block=64)
    assert scores["precision"].value == pytest.approx(share(generated, real))
    assert scores["recall"].value == pytest.approx(share(real, generated))
    low, high = scores["recall"].interval
    assert low < scores["recall"].value < high and scores["recall"].reference_samples == 300


@pytest.mark.parametrize("block", [1, 7, 64, 1000])
def test_blocks_have_no_effect(block):
    features = np.random.default_rng(0).normal(size=(90, 4))
    expected, _ = NearestNeighbors(n_neighbors=4).fit(features).kneighbors(features)
    radii = squared_radii(features, 3, block)
    np.testing.assert_allclose(np.sqrt(radii), expected[:, -1])
    np.testing.assert_array_equal(
        covered(features + 0.1, features, radii, block),
        covered(features + 0.1, features, radii, 90),
    )


def test_narrow_sets_lose_recall_and_wide_ones_precision():
    generator = np.random.default_rng(0)
    real, unseen, draw = generator.normal(size=(3, 400, 4))
    narrow, wide = [precision_recall(draw * scale, real, unseen) for scale in (0.3, 3.0)]
    assert narrow["precision"].value > 0.95 and narrow["recall"].value < 0.5
    assert wide["precision"].value < 0.5 and wide["recall"].value > 0.95
    assert narrow["precision"].floor == pytest.approx(narrow["recall"].floor, abs=0.1)
    assert narrow["precision"].floor > 0.6


def test_too_few_points():
    with pytest.raises(ValueError, match="more than neighbours=3"):
        squared_radii(np.zeros((3, 2)))
