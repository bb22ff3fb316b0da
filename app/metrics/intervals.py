"""Confidence intervals of measured values: left-out groups, proportions, medians."""

import numpy as np
from scipy import stats

from app.data.subsets import dealt

GROUPS = 10  # left out in turn, where nothing else is asked for


def jackknife_interval(features, statistic, value, groups=GROUPS, confidence=0.95, lowest=0.0):
    """Returns an interval for the expectation of a statistic at this sample size.

    Each group is left out once. The spread of the values without it estimates the variance at n;
    by Efron & Stein's inequality it errs on the wide side, whatever the dimension. The bias of the
    statistic is not removed: the interval covers the mean that repeated samples of n images of the
    same generator would score against the same reference, not the limit of n without end.

    (A percentile bootstrap fails here: repeated rows shrink the rank, so every resample is
    farther away than the sample itself.)

    Args:
        features: array `(samples, dimension)`, rows independent.
        statistic: function of an array of rows, returning a float.
        value: float; the statistic of all rows, the centre.
        groups: int, at least 2, of equal size; rows are dealt out to them at random.
        confidence: float in (0, 1).
        lowest: float; the least value the statistic can have, where the interval is cut.

    References:
        Efron & Stein 1981, Annals of Statistics 9, 586-596.
    """
    groups = min(groups, len(features))
    if groups < 2:
        raise ValueError(
            f"An interval needs at least two samples and groups. Received: {groups} groups."
        )
    member = dealt(len(features), groups)
    values = [statistic(features[member != group]) for group in range(groups)]
    return left_out_interval(values, value, lowest, confidence)


def left_out_interval(values, value, lowest=0.0, confidence=0.95):
    """Returns the jackknife interval from the values without each group.

    Use it where they come cheaper than by computing the statistic again for each group.

    Formula: `value -+ t sqrt((G - 1) / G sum_g (v_g - mean v)^2)`, t with G - 1 degrees.

    Args:
        values: floats `(groups,)`; the statistic without group g.
        value: float; the statistic of all rows, the centre.
        lowest: float; the least value the statistic can have, where the interval is cut.
        confidence: float in (0, 1).
    """
    values, groups = np.asarray(values, np.float64), len(values)
    error = np.sqrt((groups - 1) / groups * np.sum((values - values.mean()) ** 2))
    reach = stats.t.ppf(0.5 + confidence / 2, groups - 1) * error
    return max(lowest, float(value - reach)), float(value + reach)


def proportion_interval(hits, samples, confidence=0.95):
    """Returns Wilson's interval of a proportion, which stays inside [0, 1] at 0 and 100 %.

    Formula: the `p` with `|hits / n - p| <= z sqrt(p (1 - p) / n)`.

    Args:
        hits: int in [0, samples].
        samples: int, at least 1; independent trials.
        confidence: float in (0, 1).

    Example:
        >>> [round(bound, 3) for bound in proportion_interval(95, 100)]
        [0.888, 0.978]

    References:
        Wilson 1927, Journal of the American Statistical Association 22, 209-212.
    """
    result = stats.binomtest(int(hits), int(samples)).proportion_ci(confidence, method="wilson")
    return float(result.low), float(result.high)


def median_interval(values, confidence=0.95):
    """Returns an interval of the median from two order statistics, for any distribution.

    Formula: the ranks are the quantiles of Binomial(n, 1/2) at `(1 -+ confidence) / 2`.

    Args:
        values: array `(samples,)`, independent.
        confidence: float in (0, 1).

    Example:
        >>> median_interval(np.arange(100))
        (39.0, 60.0)
    """
    values = np.sort(np.asarray(values, np.float64))
    low, high = stats.binom.ppf([(1 - confidence) / 2, (1 + confidence) / 2], len(values), 0.5)
    low, high = max(int(low) - 1, 0), min(int(high), len(values) - 1)
    return float(values[low]), float(values[high])
