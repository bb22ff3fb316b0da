import numpy as np
import pytest

from app.metrics.intervals import jackknife_interval, median_interval, proportion_interval


def test_jackknife_of_a_mean_is_student_s_interval():
    # One group a row: the jackknife error of a mean is s / sqrt(n); t(0.975, 9) = 2.262157.
    rows = np.random.default_rng(0).normal(10, 1, size=(10, 1))
    low, high = jackknife_interval(rows, np.mean, rows.mean())
    reach = 2.262157 * rows.std(ddof=1) / np.sqrt(10)
    assert (low, high) == pytest.approx((rows.mean() - reach, rows.mean() + reach), rel=1e-6)


def test_jackknife_needs_two_samples():
    with pytest.raises(ValueError, match="at least two"):
        jackknife_interval(np.ones((1, 2)), np.mean, 1.0)


def test_wilson_by_hand():
    # p = 0.8, n = 10, z = 1.959964: centre (0.8 + z^2/20) / (1 + z^2/10), table value.
    assert proportion_interval(8, 10) == pytest.approx((0.490162, 0.943318), abs=1e-5)
    assert proportion_interval(0, 10)[0] == pytest.approx(0.0, abs=1e-12)
    assert proportion_interval(10, 10)[1] == pytest.approx(1.0)


@pytest.mark.parametrize("samples", [20, 101])
def test_median_interval_covers_the_median(samples):
    generator = np.random.default_rng(0)
    hits = [
        low <= np.log(2) <= high
        for low, high in (median_interval(generator.exponential(size=samples)) for _ in range(400))
    ]
    assert 0.93 <= np.mean(hits) <= 0.99  # 0.96 and 0.95 by the binomial distribution


def test_median_interval_by_hand():
    # Binomial(100, 1/2) has its 2.5 % and 97.5 % quantiles at 40 and 60; the ranks from 1.
    assert median_interval(np.arange(100)[::-1]) == (39.0, 60.0)
