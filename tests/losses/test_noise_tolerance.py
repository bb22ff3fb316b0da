"""Where the mean loss over wrong labels has its minimum: at the right class, or not."""

import keras
import numpy as np
import pytest

import losses
from tests.losses.formulas import CASES, SYMMETRIC

CLASSES = 10
SURE = 80.0
RANDOM = np.random.default_rng(0)


def symmetric_noise(rate):
    """Frequencies of the labels of a sample of class 0, the other nine sharing `rate`."""
    frequencies = np.full(CLASSES, rate / (CLASSES - 1))
    frequencies[0] = 1 - rate
    return frequencies


def risks(loss, frequencies, probabilities):
    """The mean over the labels of the loss of each row of probabilities."""
    logits = np.log(np.maximum(probabilities, np.exp(-SURE))).astype("float32")
    rows = np.tile(frequencies, (len(logits), 1)).astype("float32")
    each = type(loss).from_config({**loss.get_config(), "reduction": None})(rows, logits)
    return keras.ops.convert_to_numpy(each)


def candidates(frequencies):
    """The right class, then other classes, the frequencies, and 3,000 points of the simplex."""
    spread = [RANDOM.dirichlet(np.full(CLASSES, c), 1000) for c in (0.03, 0.3, 3.0)]
    return np.concatenate([np.eye(CLASSES), frequencies[None], *spread])


@pytest.mark.parametrize("name", [*SYMMETRIC, "AMSE", "AGCE 1.5"])
@pytest.mark.parametrize("rate", [0.2, 0.6, 0.8])
def test_the_minimum_of_robust_losses_is_at_the_right_class(name, rate):
    frequencies = symmetric_noise(rate)
    points = candidates(frequencies)
    values = risks(CASES[name][0](), frequencies, points)
    assert values[0] <= values.min() + 1e-5 * np.abs(values).max()
    assert values[0] < values[points[:, 0] < 0.95].min()


@pytest.mark.parametrize("name", ["cross entropy", "focal"])
def test_that_of_cross_entropy_is_not(name):
    frequencies = symmetric_noise(0.6)
    values = risks(CASES[name][0](), frequencies, candidates(frequencies))
    assert np.argmin(values) == CLASSES  # p = the frequencies, for focal nearly
    assert values[0] > values[CLASSES] + 1


@pytest.mark.parametrize("name", SYMMETRIC)
def test_noise_only_scales_and_shifts_a_symmetric_risk(name):
    # R_noisy = (1 - rate K / (K - 1)) R + rate / (K - 1) * constant (Ghosh et al. 2017).
    loss, rate = CASES[name][0](), 0.6
    points = candidates(symmetric_noise(rate))
    clean = risks(loss, symmetric_noise(0.0), points)
    noisy = risks(loss, symmetric_noise(rate), points)
    constant = SYMMETRIC[name](CLASSES)
    expected = (1 - rate * CLASSES / (CLASSES - 1)) * clean + rate / (CLASSES - 1) * constant
    np.testing.assert_allclose(noisy, expected, rtol=1e-4, atol=1e-4)


def slope(loss, frequencies, distance=0.02):
    """What the risk gains from moving a little from the right class to the next."""
    points = np.zeros((2, CLASSES))
    points[:, 0], points[:, 1] = (1.0, 1 - distance), (0.0, distance)
    return float(np.diff(risks(loss, frequencies, points))[0])


def test_the_condition_of_the_stretched_mean_square():
    frequencies = symmetric_noise(0.8)
    least = 1 / (frequencies[0] - frequencies[1])
    assert least == pytest.approx(9.0)
    assert slope(losses.AsymmetricMeanSquare(least * 1.1), frequencies) > 1e-4
    assert slope(losses.AsymmetricMeanSquare(least * 0.9), frequencies) < -1e-4


def test_the_condition_of_the_moved_cross_entropy():
    frequencies, q = symmetric_noise(0.8), 0.5
    ratio = frequencies[0] / frequencies[1]
    least = 1 / (ratio ** (1 / (1 - q)) - 1)  # where (1 + 1/a)^(1-q) equals the ratio
    for factor, sign in ((1.3, 1), (0.7, -1)):
        loss = losses.AsymmetricGeneralizedCrossEntropy(least * factor, q)
        assert np.sign(slope(loss, frequencies)) == sign
