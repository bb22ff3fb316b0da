import numpy as np
import pytest
from scipy import linalg

from app.metrics.frechet import frechet_distance, frechet_score
from app.metrics.intervals import jackknife_interval
from app.metrics.statistics import Statistics


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def correlated(generator, samples, dimension, shift=0.0, scale=1.0):
    mixing = np.random.default_rng(9).normal(size=(dimension, dimension)) / np.sqrt(dimension)
    return generator.normal(size=(samples, dimension)) @ mixing * scale + shift


def by_square_root(first, second):
    """The formula as printed, by scipy's matrix square root."""
    s1, s2 = np.cov(first.T), np.cov(second.T)
    root = linalg.sqrtm(s1 @ s2).real
    shift = first.mean(0) - second.mean(0)
    return shift @ shift + np.trace(s1 + s2 - 2 * root)


@pytest.mark.parametrize("samples", [(400, 300), (400, 30), (30, 400), (20, 30)])
def test_distance_equals_the_matrix_square_root(generator, samples):
    first = correlated(generator, samples[0], 40)
    second = correlated(generator, samples[1], 40, shift=0.2, scale=1.3)
    tolerance = 1e-9 if min(samples) > 40 else 1e-6  # sqrtm itself loses digits without full rank
    expected = by_square_root(first, second)
    assert frechet_distance(first, second) == pytest.approx(expected, rel=tolerance)
    assert frechet_distance(second, first) == pytest.approx(expected, rel=tolerance)


def test_diagonal_gaussians_have_a_closed_form(generator):
    # |m1 - m2|^2 + sum (s1 - s2)^2 for diagonal covariances; white rows made exactly so.
    rows = generator.normal(size=(50, 3))
    rows -= rows.mean(0)
    white = rows @ np.linalg.inv(np.linalg.cholesky(np.cov(rows.T))).T
    first, second = white * [1.0, 2.0, 3.0], white * [2.0, 2.0, 1.0] + [1.0, 0.0, -2.0]
    assert frechet_distance(first, second) == pytest.approx(1 + 4 + 1 + 0 + 4, rel=1e-10)


@pytest.mark.parametrize("samples", [1, 2, 20, 64, 65, 300])
def test_a_set_against_itself_gives_zero(generator, samples):
    features = correlated(generator, samples, 64, shift=5.0)
    assert 0.0 <= frechet_distance(features, features) < 1e-8


def test_dead_features_and_large_offsets_do_no_harm(generator):
    first, second = correlated(generator, 200, 16), correlated(generator, 150, 16, 0.3)
    expected = frechet_distance(first, second)
    padded = [np.pad(rows, [(0, 0), (0, 20)]) + 100.0 for rows in (first, second)]
    assert frechet_distance(*padded) == pytest.approx(expected, rel=1e-6)


def test_float32_features_with_an_offset_keep_their_distance(generator):
    # Sums of squares in float32 are wrong by 5 % here.
    first, second = correlated(generator, 800, 64), correlated(generator, 800, 64, scale=1.1)
    moved = [(rows + 100).astype("float32") for rows in (first, second)]
    assert frechet_distance(*moved) == pytest.approx(frechet_distance(first, second), rel=1e-4)


@pytest.mark.parametrize("batch", [1, 7, 100, 1000])
def test_batch_size_has_no_effect(generator, batch):
    features = correlated(generator, 230, 8, shift=50.0)
    total = Statistics.stream(
        features[start : start + batch] for start in range(0, len(features), batch)
    )
    assert total.count == 230
    np.testing.assert_allclose(total.mean, features.mean(0), rtol=1e-13)
    np.testing.assert_allclose(total.covariance, np.cov(features.T), rtol=1e-10)


def test_bias_falls_as_one_over_n(generator):
    real = Statistics.of(correlated(generator, 20000, 16))
    means = [
        np.mean([frechet_distance(correlated(generator, n, 16), real) for _ in range(20)])
        for n in (100, 400)
    ]
    assert means[0] / means[1] == pytest.approx(4.0, rel=0.2)


@pytest.mark.parametrize(
    ("samples", "dimension", "shift", "scale"),
    [(100, 16, 0.0, 1.0), (100, 16, 0.3, 1.2), (40, 48, 0.0, 1.0), (40, 48, 0.2, 1.2)],
)
def test_interval_covers_the_expectation_at_this_n(samples, dimension, shift, scale):
    generator = np.random.default_rng(1)
    real = Statistics.of(correlated(generator, 4 * samples, dimension))

    def distance(rows):
        return frechet_distance(rows, real)

    draws = [correlated(generator, samples, dimension, shift, scale) for _ in range(200)]
    values = [distance(rows) for rows in draws]
    intervals = [
        jackknife_interval(rows, distance, value)
        for rows, value in zip(draws[:50], values, strict=False)
    ]
    covered = np.mean([low <= np.mean(values) <= high for low, high in intervals])
    widths = [(high - low) / 2 for low, high in intervals]
    assert covered >= 0.9
    assert np.mean(widths) < 2 * 1.96 * np.std(values), "wide enough to cover anything"


def test_score_has_n_floor_and_digests(generator):
    real = correlated(generator, 600, 8)
    score = frechet_score(real[:100] + 1, real[100:300], real[300:], description="gaussians")
    held_out = real[300:][np.random.default_rng(0).permutation(300)]  # a third of them at a time
    floors = [frechet_distance(third, real[100:300]) for third in np.split(held_out, 3)]
    assert score.samples == 100 and score.reference_samples == 200
    assert score.floor == pytest.approx(np.mean(floors))
    assert score.interval[0] < score.value < score.interval[1]
    assert score.value == pytest.approx(frechet_distance(real[:100] + 1, real[100:300]))
    same = frechet_score(real[:50], Statistics.of(real[100:300]))
    assert same.reference_digest == score.reference_digest
    assert same.floor is None and "needs 50 held-out" in same.note


def test_wrong_input_is_told_in_a_sentence(generator):
    rows = correlated(generator, 10, 4)
    with pytest.raises(ValueError, match="dimensions 4 and 3"):
        frechet_distance(rows, rows[:, :3])
    with pytest.raises(ValueError, match="finite"):
        Statistics.of(rows * np.nan)
    with pytest.raises(ValueError, match=r"\(samples, dimension\)"):
        Statistics.of(rows[0])
    with pytest.raises(ValueError, match="at least one batch"):
        Statistics.stream([])


def test_without_undoes_merge():
    generator = np.random.default_rng(5)
    one, two = generator.normal(size=(40, 6)) + 30, generator.normal(size=(70, 6)) * 2
    rest = Statistics.of(np.concatenate([one, two])).without(Statistics.of(two))
    assert rest.count == 40
    np.testing.assert_allclose(rest.mean, one.mean(0), rtol=1e-12)
    np.testing.assert_allclose(rest.covariance, np.cov(one.T), rtol=1e-10, atol=1e-12)


def test_many_rows_are_summed_in_blocks_and_are_the_same():
    """Against numpy's covariance of all rows at once, at a mean that float32 sums would lose."""
    rows = (np.random.default_rng(6).normal(size=(9001, 5)) * [1, 2, 3, 4, 5] + 1000).astype("f4")
    whole = rows.astype(np.float64)
    for statistics in (
        Statistics.of(rows),
        Statistics.stream(rows[start : start + 7] for start in range(0, 9001, 7)),
    ):
        assert statistics.count == 9001
        np.testing.assert_allclose(statistics.mean, whole.mean(0), rtol=1e-10)
        np.testing.assert_allclose(
            statistics.covariance, np.cov(whole.T), rtol=1e-10, atol=1e-10 * np.cov(whole.T).max()
        )


def test_interval_of_many_rows_is_that_of_the_plain_jackknife():
    generator = np.random.default_rng(7)
    rows, real = (
        generator.normal(size=(4200, 3)) + 0.3,
        Statistics.of(generator.normal(size=(99, 3))),
    )
    score = frechet_score(rows, real)
    plain = jackknife_interval(rows, lambda some: frechet_distance(some, real), score.value)
    np.testing.assert_allclose(score.interval, plain, rtol=1e-9)
