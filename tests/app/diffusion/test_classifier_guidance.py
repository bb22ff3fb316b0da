"""Guidance by a second network, on distributions whose guided version is known in closed form."""

import numpy as np
import pytest
from keras import ops

from app.diffusion import randomness, schedules
from app.diffusion.classifier_guidance import classifier_guided, estimate_guided
from app.diffusion.samplers import DDIM, DDPM
from app.diffusion.targets import Estimate
from app.diffusion.times import Trajectory
from tests import oracles
from tests.app.diffusion.modes import MODES, compiled

SCHEDULE = schedules.linear(300, scaled=True)
WEIGHTS = [0.3, 0.7]
MEANS = [[-1.0, 0.5], [0.6, -0.4]]
DEVIATIONS = [[0.3, 0.5], [0.4, 0.3]]
BOTH = oracles.Mixture(WEIGHTS, MEANS, DEVIATIONS)
CLASSES = [oracles.Mixture([1.0], MEANS[i : i + 1], DEVIATIONS[i : i + 1]) for i in (0, 1)]
POINTS = np.random.default_rng(3).normal(size=(6, 1, 1, 2)).astype("float32")
TIME = np.array([0.05, 0.1, 0.3, 0.5, 0.8, 1.0], "float32")


def rates(time):
    found = (ops.convert_to_numpy(f(time)) for f in (SCHEDULE.signal_rate, SCHEDULE.noise_rate))
    return [rate.astype("float64").reshape(-1, 1) for rate in found]


def unconditional(noisy, time, condition=None):
    """The exact denoiser of the whole mixture, which is told of no class."""
    assert condition is None
    signal = ops.reshape(SCHEDULE.signal_rate(time), (-1, 1, 1))
    rate = ops.reshape(SCHEDULE.noise_rate(time), (-1, 1, 1))
    clean = BOTH.clean(ops.reshape(noisy, (-1, 2)), signal, rate, ops)
    clean = ops.reshape(clean, ops.shape(noisy))
    return Estimate(clean, (noisy - signal[..., None] * clean) / rate[..., None])


def of_class(label):
    """The exact log p(label | noisy) of the mixture, by Bayes."""

    def likelihood(noisy, time):
        signal = ops.reshape(SCHEDULE.signal_rate(time), (-1, 1, 1))
        rate = ops.reshape(SCHEDULE.noise_rate(time), (-1, 1, 1))
        offset = ops.reshape(noisy, (-1, 1, 2)) - signal * np.array([MEANS], "float32")
        variance = (signal * np.array([DEVIATIONS], "float32")) ** 2 + rate**2
        joint = np.log(WEIGHTS).astype("float32") - 0.5 * ops.sum(
            offset**2 / variance + ops.log(variance), axis=-1
        )
        return ops.log_softmax(joint, axis=-1)[:, label]

    return likelihood


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("mode", MODES)
def test_an_exact_classifier_makes_the_exact_denoiser_of_its_class(label, mode):
    """E[clean | noisy] + rate^2 / signal grad log p(y | noisy) = E[clean | noisy, y] (Tweedie)."""
    guided = classifier_guided(unconditional, of_class(label), 1.0, SCHEDULE)
    clean, noise = MODES[mode](lambda noisy, time: tuple(guided(noisy, time)))(POINTS, TIME)
    signal, rate = rates(TIME)
    points = POINTS.reshape(-1, 2).astype("float64")
    expected = CLASSES[label].clean(points, signal[:, None], rate[:, None])
    found = ops.convert_to_numpy(clean).reshape(-1, 2)
    # The shift divides by a signal rate of down to 0.006; float32 keeps 1e-7 of the gradient.
    np.testing.assert_allclose(found, expected, atol=2e-3)
    expected_noise = (points - signal * expected) / rate
    np.testing.assert_allclose(
        ops.convert_to_numpy(noise).reshape(-1, 2), expected_noise, atol=1e-4
    )


@pytest.mark.parametrize("scale", [0.0, 0.5, 3.0])
def test_the_shift_is_linear_in_the_scale_and_clean_and_noise_fit(scale):
    plain = unconditional(POINTS, TIME)
    once = classifier_guided(unconditional, of_class(1), 1.0, SCHEDULE)(POINTS, TIME)
    found = classifier_guided(unconditional, of_class(1), scale, SCHEDULE)(POINTS, TIME)
    for start, unit, end in zip(plain, once, found, strict=True):
        start, unit, end = (ops.convert_to_numpy(each) for each in (start, unit, end))
        np.testing.assert_allclose(end - start, scale * (unit - start), rtol=1e-3, atol=1e-4)
    signal, rate = (each[..., None, None] for each in rates(TIME))
    together = signal * ops.convert_to_numpy(found.clean) + rate * ops.convert_to_numpy(found.noise)
    np.testing.assert_allclose(together, POINTS, atol=1e-4)


@pytest.mark.parametrize(
    "sampler", [DDIM(clip=None), DDPM("posterior", None)], ids=["ddim", "ddpm"]
)
def test_mean_and_covariance_of_the_class_drawn_by_an_unconditional_denoiser(sampler):
    label, count = 0, 2000

    @compiled
    def run(scale):
        guided = classifier_guided(unconditional, of_class(label), scale, SCHEDULE)
        start = randomness.normal(5, 0, count, 0, randomness.START, (1, 1, 2))
        return sampler(guided, Trajectory(SCHEDULE, 100), start, 5, 0)

    for scale, aim in ((1.0, CLASSES[label]), (0.0, BOTH)):
        drawn = ops.convert_to_numpy(run(ops.convert_to_tensor(scale))).reshape(count, 2)
        deviation = np.sqrt(np.diag(aim.covariance))
        # Four standard errors, and 0.02 for finite steps.
        assert np.all(np.abs(drawn.mean(0) - aim.mean) < 4 * deviation / np.sqrt(count) + 0.02)
        error = np.abs(np.cov(drawn.T.astype("float64")) - aim.covariance)
        assert np.all(error < 4 * np.sqrt(2 / count) * np.outer(deviation, deviation) + 0.02)


def test_where_no_signal_is_left_nothing_changes():
    schedule = schedules.Schedule([0.5, 1.0])

    def denoise(noisy, time, condition=None):
        return Estimate(0.5 * noisy, noisy)

    guided = classifier_guided(
        denoise, lambda noisy, time: ops.sum(noisy, axis=(1, 2, 3)), 2.0, schedule
    )
    noisy, time = POINTS[:2], np.array([0.5, 1.0], "float32")
    clean, noise = (ops.convert_to_numpy(each) for each in guided(noisy, time))
    half = np.sqrt(0.5)  # signal and noise rate after the first step
    np.testing.assert_allclose(noise[0], noisy[0] - half * 2.0, rtol=1e-6)
    np.testing.assert_allclose(clean[0], 0.5 * noisy[0] + half * 2.0, rtol=1e-6)
    np.testing.assert_array_equal(noise[1], noisy[1])
    np.testing.assert_array_equal(clean[1], 0.5 * noisy[1])


@pytest.mark.parametrize("mode", MODES)
def test_a_judge_of_clean_images_is_asked_through_the_denoiser(mode):
    """clean = a noisy and log-likelihood -|clean - y|^2 / 2 have the slope -a (a noisy - y)."""
    factor, wanted, calls = 0.4, np.array([1.0, -2.0], "float32"), []

    def denoise(noisy, time, condition=None):
        calls.append(1)
        return Estimate(factor * noisy, (1.0 - factor) * noisy)

    def judge(clean):
        return -0.5 * ops.sum(ops.square(clean - wanted), axis=(1, 2, 3))

    guided = estimate_guided(denoise, judge, 3.0, SCHEDULE)
    clean, noise = MODES[mode](lambda noisy, time: tuple(guided(noisy, time)))(POINTS, TIME)
    signal, rate = (each[..., None, None] for each in rates(TIME))
    slope = -factor * (factor * POINTS - wanted)
    np.testing.assert_allclose(
        ops.convert_to_numpy(noise), (1.0 - factor) * POINTS - rate * 3.0 * slope, atol=1e-4
    )
    np.testing.assert_allclose(
        ops.convert_to_numpy(clean),
        factor * POINTS + rate**2 / signal * 3.0 * slope,
        rtol=1e-4,
        atol=1e-3,
    )
    assert calls == [1]
