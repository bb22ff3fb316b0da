"""MMD, CORAL and class confusion: numpy float64 written from the formulas, and closed forms."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from losses import ClassConfusion, CorrelationAlignment, MaximumMeanDiscrepancy

RANDOM = np.random.default_rng(0)
SOURCE = RANDOM.normal(size=(20, 3)).astype("float32")
TARGET = (RANDOM.normal(size=(15, 3)) * 2 + 1).astype("float32")


def value(loss, source, target):
    return float(np.asarray(loss(source, target)))


def test_mmd_against_scipy_distances():
    both = np.concatenate([SOURCE, TARGET]).astype("float64")
    distances = cdist(both, both, "sqeuclidean")
    width = distances.mean()
    kernel = np.mean([np.exp(-distances / (c * width)) for c in (0.25, 0.5, 1, 2, 4)], axis=0)
    expected = kernel[:20, :20].mean() + kernel[20:, 20:].mean() - 2 * kernel[:20, 20:].mean()
    assert value(MaximumMeanDiscrepancy(), SOURCE, TARGET) == pytest.approx(expected, rel=1e-4)


def test_mmd_of_two_points_in_closed_form():
    # x = 0, y = d: distances 0, d^2, d^2, 0, mean d^2 / 2; k = exp(-2 / c); loss 2 - 2 k.
    loss = MaximumMeanDiscrepancy(scales=(1.0,))
    found = value(loss, np.zeros((1, 1)), np.full((1, 1), 7.0))
    assert found == pytest.approx(2 - 2 * np.exp(-2.0), rel=1e-5)


def test_mmd_of_equal_sets_is_zero_and_of_a_growing_shift_grows():
    loss = MaximumMeanDiscrepancy()
    assert abs(value(loss, SOURCE, SOURCE[::-1])) < 1e-6
    values = [value(loss, SOURCE, SOURCE + shift) for shift in (0.2, 0.5, 1.0, 2.0)]
    assert values == sorted(values) and values[0] > 0


def test_coral_against_numpy_covariances():
    difference = np.cov(SOURCE.T.astype("float64")) - np.cov(TARGET.T.astype("float64"))
    expected = np.sum(difference**2) / (4 * 3**2)
    assert value(CorrelationAlignment(), SOURCE, TARGET) == pytest.approx(expected, rel=1e-5)


def test_coral_of_scaled_features_in_closed_form_and_blind_to_the_mean():
    # Scaling one feature of variance v by 2 adds 3 v to its variance: (3 v)^2 / 4.
    features = np.array([[1.0], [-1.0], [3.0]], "float32")
    variance = features.var(ddof=1)
    loss = CorrelationAlignment()
    assert value(loss, features, 2 * features) == pytest.approx((3 * variance) ** 2 / 4, rel=1e-5)
    assert value(loss, SOURCE, SOURCE + 5) < 1e-9


def confusion(logits, temperature=2.5):
    chances = np.exp(np.asarray(logits, "float64") / temperature)
    chances /= chances.sum(axis=1, keepdims=True)
    entropy = -np.sum(chances * np.log(chances), axis=1)
    weights = 1 + np.exp(-entropy)
    weights *= len(weights) / weights.sum()
    matrix = chances.T @ np.diag(weights) @ chances
    matrix /= matrix.sum(axis=1, keepdims=True)
    return (matrix.sum() - np.trace(matrix)) / len(matrix)


def test_class_confusion_against_numpy():
    logits = RANDOM.normal(size=(30, 4)).astype("float32") * 3
    assert value(ClassConfusion(), logits, logits) == pytest.approx(confusion(logits), rel=1e-5)


def test_class_confusion_of_sure_and_of_undecided_predictions():
    sure = np.eye(4)[np.arange(12) % 4].astype("float32") * 200
    assert abs(value(ClassConfusion(), sure, sure)) < 1e-6
    undecided = np.zeros((12, 4), "float32")  # each class is confused with every other alike
    assert value(ClassConfusion(), undecided, undecided) == pytest.approx(3 / 4, rel=1e-5)


@pytest.mark.parametrize(
    "loss", [MaximumMeanDiscrepancy((1.0, 3.0)), CorrelationAlignment(), ClassConfusion(1.5)]
)
def test_they_come_back_from_their_config(loss):
    again = type(loss).from_config(loss.get_config())
    assert value(again, SOURCE, TARGET[:, :3]) == value(loss, SOURCE, TARGET[:, :3])


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        MaximumMeanDiscrepancy(scales=(0.0,))
    with pytest.raises(ValueError, match="`temperature`"):
        ClassConfusion(0)
