import numpy as np
import pytest

from app.metrics.frechet import frechet_distance, frechet_score
from app.metrics.normalized import black_score, normalized_score


@pytest.fixture
def test_features():
    return np.random.default_rng(0).normal(2.0, 1.0, (900, 40))


def test_reports_protocol_is_zero_for_real_and_one_for_black(test_features):
    reference, unseen = test_features[:512], test_features[512:]

    def normalized(features):
        score = frechet_score(features, reference, unseen, draws=15)
        return normalized_score(score, black_score(score, np.zeros((1, 40)), reference))

    real = normalized(unseen[:32])
    assert real.samples == 32 and real.floor == 0.0
    assert abs(real.value) < 0.15 and real.interval[0] < real.value < real.interval[1]
    assert normalized(np.zeros((32, 40))).value == pytest.approx(1.0)
    generator = np.random.default_rng(0)
    draws = [generator.choice(len(unseen), 32, replace=False) for _ in range(15)]
    zero = np.mean([frechet_distance(unseen[rows], reference) for rows in draws])
    one = frechet_distance(np.zeros((32, 40)), reference)
    expected = (frechet_distance(unseen[:32] + 1, reference) - zero) / (one - zero)
    assert normalized(unseen[:32] + 1).value == pytest.approx(expected, rel=1e-9)


def test_no_floor_or_a_floor_above_black_makes_no_scale(test_features):
    score = frechet_score(test_features[:32], test_features[32:])
    black = black_score(score, np.zeros((1, 40)), test_features[32:])
    assert normalized_score(score, black) is None
    assert black.value > score.value and black.interval is None and black.note == ""
