"""Does a claim of a paper hold? Decided by a margin that is fixed before anything is run."""

import math
from dataclasses import dataclass

ERRORS = 2.0  # standard errors over seeds by which two means must differ


@dataclass(frozen=True)
class Mean:
    """The mean of one figure over seeds, with its standard error (None for one seed)."""

    value: float
    error: float | None
    seeds: int

    @classmethod
    def of(cls, values):
        """Of a list of numbers, one a seed; None of an empty one."""
        if not values:
            return None
        count, mean = len(values), sum(values) / len(values)
        if count == 1:
            return cls(mean, None, 1)
        variance = sum((value - mean) ** 2 for value in values) / (count - 1)
        return cls(mean, math.sqrt(variance / count), count)

    def __str__(self):
        spread = "" if self.error is None else f" +- {100 * self.error:.2f}"
        return f"{100 * self.value:.2f}{spread}"


def seeds_together(results, value):
    """The Mean over seeds of a number of each result, by (pair or loss, row or rate).

    Args:
        results: {"<one>-<other>-<seed>": result}.
        value: function of a result.

    Example:
        >>> seeds_together({"CE-0.40-0": 0.5, "CE-0.40-1": 0.7}, float)["CE", "0.40"].value
        0.6
    """
    found = {}
    for key, result in results.items():
        one, other, _ = key.rsplit("-", 2)
        found.setdefault((one, other), []).append(value(result))
    return {place: Mean.of(values) for place, values in found.items()}


def greater(one, other):
    """Whether `one` is greater than `other`: True, False, or None where the seeds do not tell.

    The margin is 2 standard errors of the difference. One seed alone tells nothing.

    Args:
        one: Mean or None (not run).
        other: Mean or None.

    Example:
        >>> greater(Mean.of([0.9, 0.91]), Mean.of([0.5, 0.51]))
        True
    """
    if one is None or other is None or one.error is None or other.error is None:
        return None
    margin = ERRORS * math.hypot(one.error, other.error)
    difference = one.value - other.value
    return None if abs(difference) <= margin else difference > 0


def no_less(one, other):
    """Whether seeds do not show `one` to lie below `other`: the claim that it is no better.

    Args:
        one: Mean or None (not run).
        other: Mean or None.

    Returns:
        True, also where the two are within the margin; False where `one` is less; None where
        one of them has fewer than two seeds.

    Example:
        >>> no_less(Mean.of([0.5, 0.6]), Mean.of([0.55, 0.56]))
        True
    """
    if any(mean is None or mean.error is None for mean in (one, other)):
        return None
    return greater(other, one) is not True


def above(result, score, other):
    """Whether a score of a run lies above another of its scores: True, False, or None.

    By their 95 % intervals: None where these overlap, or where one is missing.

    Args:
        result: result of a child with "measured".
        score: name of the score.
        other: name of the other.
    """
    found = [result["measured"].get(name, {}).get("interval") for name in (score, other)]
    return None if None in found else _order(*found)


def apart(one, other, score):
    """Whether a score of `one` lies above that of `other`: True, False, or None.

    Of single runs, by their 95 % intervals: None where these overlap, or where one is missing.

    Args:
        one: result of a child with "scores" and "measured", or None (not run).
        other: the same.
        score: name of the score.
    """
    if one is None or other is None or not {score} <= one["scores"].keys() & other["scores"].keys():
        return None
    return _order(*(result["measured"][score]["interval"] for result in (one, other)))


def _order(one, other):
    """Whether an interval lies above another: True, False, or None where they overlap."""
    if one[0] > other[1]:
        return True
    return False if other[0] > one[1] else None


def verdict(parts):
    """A word for a claim made of parts, each True, False or None: holds, fails, undecided."""
    if any(part is False for part in parts):
        return "fails"
    return "holds" if parts and all(parts) else "undecided"
