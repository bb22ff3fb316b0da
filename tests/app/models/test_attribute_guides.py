"""Guidance by attributes, on a distribution whose conditional versions are known exactly."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from app.diffusion import schedules
from app.diffusion.condition import AttributeCondition
from app.diffusion.targets import Estimate
from app.models.guides import classifier_guide
from app.models.noisy_classifier import NoisyClassifier
from tests import oracles
from tests.app.diffusion.modes import MODES

SCHEDULE = schedules.linear(300, scaled=True)
SHARES = [0.3, 0.6]  # of the images that have the attribute
MEANS = [[-1.0, 0.6], [0.5, -0.4]]  # of coordinate j without and with attribute j
DEVIATIONS = [[0.3, 0.4], [0.5, 0.3]]
POINTS = np.random.default_rng(3).normal(size=(5, 1, 1, 2)).astype("float32")
TIME = np.array([0.05, 0.1, 0.3, 0.5, 0.8], "float32")


def mixture(wanted):
    """The images that have (+1), have not (-1) or may have (0) each attribute."""
    allowed = [[0, 1] if sign == 0 else [int(sign > 0)] for sign in wanted]
    states = np.array(list(itertools.product(*allowed)))
    chances = np.stack([1 - np.array(SHARES), SHARES], axis=1)  # (attribute, state)
    weights = np.prod(chances[[0, 1], states], axis=1)
    means, deviations = (np.array(each)[[0, 1], states] for each in (MEANS, DEVIATIONS))
    return oracles.Mixture(weights / weights.sum(), means, deviations)


class Exact(keras.layers.Layer):
    """The exact log-odds of each attribute of a noisy image, by Bayes."""

    def call(self, noisy, time, training=False):
        signal = ops.reshape(SCHEDULE.signal_rate(time / 1000.0), (-1, 1))
        rate = ops.reshape(SCHEDULE.noise_rate(time / 1000.0), (-1, 1))
        points = ops.reshape(noisy, (-1, 2))
        joint = []
        for state, shares in enumerate((1 - np.array(SHARES), np.array(SHARES))):
            variance = (signal * np.array(DEVIATIONS, "float32")[:, state]) ** 2 + rate**2
            offset = points - signal * np.array(MEANS, "float32")[:, state]
            chance = np.log(shares).astype("float32")
            joint.append(chance - 0.5 * (offset**2 / variance + ops.log(variance)))
        return joint[1] - joint[0]


def unconditional(noisy, time, condition=None):
    """The exact denoiser of all images, which is told of no attribute."""
    signal = ops.reshape(SCHEDULE.signal_rate(time), (-1, 1, 1))
    rate = ops.reshape(SCHEDULE.noise_rate(time), (-1, 1, 1))
    clean = mixture([0, 0]).clean(ops.reshape(noisy, (-1, 2)), signal, rate, ops)
    clean = ops.reshape(clean, ops.shape(noisy))
    return Estimate(clean, (noisy - signal[..., None] * clean) / rate[..., None])


NAMES = AttributeCondition(["a", "b"])
CASES = {  # what is not named is absent; a zero leaves an attribute open
    "a": ([1, -1], NAMES.vectors(["a"])),
    "a,b": ([1, 1], NAMES.vectors(["a,b"])),
    "none": ([-1, -1], NAMES.vectors(["none"])),
    "any": ([0, 0], NAMES.vectors(["any"])),
    "b, a open": ([0, 1], [[0.0, 1.0]]),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", CASES)
def test_an_exact_classifier_makes_the_exact_denoiser_of_what_is_asked(case, mode):
    """E[clean | noisy] + rate^2 / signal grad log p(y | noisy) = E[clean | noisy, y] (Tweedie)."""
    wanted, vector = CASES[case]
    classifier = NoisyClassifier(Exact(), SCHEDULE, (1, 1, 2), NAMES)
    guide = classifier_guide(classifier, np.repeat(vector, len(POINTS), 0).astype("float32"), 1.0)

    def denoise(noisy, time):
        return tuple(guide.wrap(unconditional, SCHEDULE, guide.rows, guide.scale)(noisy, time))

    clean, noise = (ops.convert_to_numpy(each) for each in MODES[mode](denoise)(POINTS, TIME))
    signal, rate = (
        ops.convert_to_numpy(find(TIME)).astype("float64").reshape(-1, 1)
        for find in (SCHEDULE.signal_rate, SCHEDULE.noise_rate)
    )
    points = POINTS.reshape(-1, 2).astype("float64")
    expected = mixture(wanted).clean(points, signal[:, None], rate[:, None])
    # The shift divides by the signal rate; float32 keeps 1e-7 of the gradient.
    np.testing.assert_allclose(clean.reshape(-1, 2), expected, atol=2e-3)
    expected_noise = (points - signal * expected) / rate
    np.testing.assert_allclose(noise.reshape(-1, 2), expected_noise, atol=1e-3)
