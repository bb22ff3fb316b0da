import numpy as np
import pytest

from app.metrics.extrapolation import frechet_infinity, frechet_infinity_score
from app.metrics.frechet import frechet_distance
from app.metrics.statistics import Statistics


def test_the_line_through_two_points_by_hand():
    rows = np.random.default_rng(0).normal(size=(90, 3))
    real = Statistics.of(rows[50:])
    whole = frechet_distance(rows[:50], real)
    mixed = rows[:50][np.random.default_rng(0).permutation(50)]
    half = np.mean([frechet_distance(mixed[start::2], real) for start in (0, 1)])
    # Points (1/50, whole) and (1/25, half): at 0 the line is 2 whole - half.
    found = frechet_infinity(rows[:50], real, parts=(1, 2))
    assert found == pytest.approx(2 * whole - half, rel=1e-9)


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_the_limit_of_gaussians_has_a_closed_form_and_the_interval_covers_it(shift):
    generator = np.random.default_rng(2)
    real = Statistics.of(generator.normal(size=(20000, 12)))
    # Against the measured reference: |shift - m|^2 + sum (1 - root of eigenvalue)^2.
    spread = np.sqrt(np.linalg.eigvalsh(real.covariance))
    limit = np.sum((shift - real.mean) ** 2) + np.sum((1 - spread) ** 2)
    draws = [generator.normal(shift, 1, (480, 12)) for _ in range(50)]
    scores = [frechet_infinity_score(rows, real) for rows in draws]
    raw = np.mean([frechet_distance(rows, real) for rows in draws])
    values = [score.value for score in scores]
    chance = 2 * np.std(values) / np.sqrt(len(values))
    assert raw - limit > 2 * chance, "too few draws to see the bias"
    assert abs(np.mean(values) - limit) < 0.15 * (raw - limit) + chance, "most of it is gone"
    covered = [low <= limit <= high for low, high in (score.interval for score in scores)]
    assert np.mean(covered) >= 0.9


def test_score_says_where_the_line_is_not_straight():
    rows = np.random.default_rng(0).normal(size=(600, 30))
    score = frechet_infinity_score(rows[:100], rows[200:], rows[100:200])
    assert "25 images in the smallest part, 30 dimensions" in score.note
    held_out = rows[100:200][np.random.default_rng(0).permutation(100)]
    assert score.floor == frechet_infinity(held_out, rows[200:])
    assert frechet_infinity_score(rows[:200], rows[200:]).note.startswith("no floor")
    assert frechet_infinity_score(rows[:10], rows[200:]).interval is None
    with pytest.raises(ValueError, match="two samples in each part. Received: 5 samples"):
        frechet_infinity(rows[:5], rows)
    with pytest.raises(ValueError, match="two different"):
        frechet_infinity(rows, rows, parts=(2,))
