"""Samplers on a Gaussian mixture, whose ideal denoiser is known: do they draw the mixture?"""

import numpy as np
import pytest
from keras import ops

from app.diffusion import randomness, schedules
from app.diffusion.condition import ClassCondition
from app.diffusion.guidance import classifier_free
from app.diffusion.samplers import DDIM, DDPM
from app.diffusion.targets import Estimate
from app.diffusion.times import Trajectory
from tests import oracles
from tests.app.diffusion.modes import compiled

MIXTURE = oracles.Mixture([0.3, 0.7], [[-1.0, 0.5], [0.6, -0.4]], [[0.3, 0.5], [0.4, 0.3]])


def ideal(mixture, schedule):
    """The exact denoiser of points, as images (batch, 1, 1, 2)."""

    def denoise(noisy, time, condition=None):
        signal = ops.reshape(schedule.signal_rate(time), (-1, 1, 1))
        rate = ops.reshape(schedule.noise_rate(time), (-1, 1, 1))
        points = ops.reshape(noisy, (-1, 2))
        clean = ops.reshape(mixture.clean(points, signal, rate, ops), ops.shape(noisy))
        return Estimate(clean, (noisy - signal[..., None] * clean) / rate[..., None])

    return denoise


def points(sampler, schedule, steps, count, mixture=MIXTURE, spacing="trailing", denoise=None):
    denoise = denoise or ideal(mixture, schedule)

    @compiled
    def run():
        start = randomness.normal(5, 0, count, 0, randomness.START, (1, 1, 2))
        return sampler(denoise, Trajectory(schedule, steps, spacing), start, 5, 0)

    return ops.convert_to_numpy(run()).reshape(count, 2).astype("float64")


@pytest.mark.parametrize(
    ("sampler", "steps"),
    [
        (DDIM(clip=None), 200),
        (DDIM(1.0, None), 300),
        (DDPM("posterior", None), 300),
        (DDPM("beta", None), 300),
        (DDPM("posterior", None), 170),
    ],
    ids=["ddim", "ddim eta 1", "ddpm", "ddpm beta", "ddpm respaced"],
)
def test_mean_and_covariance_of_the_mixture(sampler, steps):
    count = 4096
    drawn = points(sampler, schedules.linear(300, scaled=True), steps, count)
    # Four standard errors of the mean and of a variance, and 0.02 for finite steps.
    deviation = np.sqrt(np.diag(MIXTURE.covariance))
    assert np.all(np.abs(drawn.mean(0) - MIXTURE.mean) < 4 * deviation / np.sqrt(count) + 0.01)
    error = np.abs(np.cov(drawn.T) - MIXTURE.covariance)
    assert np.all(error < 4 * np.sqrt(2 / count) * np.outer(deviation, deviation) + 0.02)
    # The share of the lighter component, which a sampler that averages modes gets wrong.
    assert abs(np.mean(drawn @ [1.6, -0.9] < -0.35) - 0.3) < 0.04


def test_ddim_converges_with_order_one():
    total, counts = 2560, np.array([20, 40, 80, 160, 320])
    schedule = schedules.linear(total, scaled=True)
    start = randomness.normal(5, 0, 256, 0, randomness.START, (1, 1, 2))
    start = ops.convert_to_numpy(start).reshape(-1, 2).astype("float64")
    bars = oracles.alpha_bars(schedule.betas)

    def predict(noisy, time):
        bar = bars[time + 1]
        return MIXTURE.clean(noisy, np.sqrt(bar), np.sqrt(1 - bar))

    visited = list(range(total, -1, -1))
    fine = oracles.ddim(predict, "clean", schedule.betas, visited, start)
    errors = [
        np.sqrt(np.mean((points(DDIM(clip=None), schedule, int(n), 256) - fine) ** 2))
        for n in counts
    ]
    slope = -np.polyfit(np.log(counts), np.log(errors), 1)[0]
    print("errors", dict(zip(counts.tolist(), np.round(errors, 5), strict=True)), "slope", slope)
    assert abs(slope - 1.0) < 0.3
    assert np.all(np.diff(errors) < 0)


def test_all_steps_agree_with_the_float64_reference():
    schedule = schedules.linear(300, scaled=True)
    start = randomness.normal(5, 0, 64, 0, randomness.START, (1, 1, 2))
    start = ops.convert_to_numpy(start).reshape(-1, 2).astype("float64")
    bars = oracles.alpha_bars(schedule.betas)

    def predict(noisy, time):
        return MIXTURE.clean(noisy, np.sqrt(bars[time + 1]), np.sqrt(1 - bars[time + 1]))

    visited = list(range(300, -1, -1))
    expected = oracles.ddim(predict, "clean", schedule.betas, visited, start)
    result = points(DDIM(clip=None), schedule, 300, 64)
    print("largest difference from float64", np.abs(result - expected).max())
    np.testing.assert_allclose(result, expected, atol=2e-4)


def test_guidance_sharpens_a_class_as_the_formula_says():
    # Two classes N(-1, s^2) and N(+1, s^2): the guided clean estimate is a known combination.
    schedule = schedules.linear(100, scaled=True)
    classes = [oracles.Mixture([1.0], [[sign, sign]], [[0.5, 0.5]]) for sign in (-1.0, 1.0)]
    both = oracles.Mixture([0.5, 0.5], [[-1.0, -1.0], [1.0, 1.0]], [[0.5, 0.5]] * 2)

    def conditional(noisy, time, condition):
        parts = [ideal(one, schedule)(noisy, time).clean for one in (*classes, both)]
        label = ops.reshape(condition, (-1, 1, 1, 1))
        clean = ops.where(label == 0, parts[0], ops.where(label == 1, parts[1], parts[2]))
        rate = ops.reshape(schedule.noise_rate(time), (-1, 1, 1, 1))
        signal = ops.reshape(schedule.signal_rate(time), (-1, 1, 1, 1))
        return Estimate(clean, (noisy - signal * clean) / rate)

    def fixed_label(noisy, time, condition=None):
        return guided(noisy, time, ops.ones(ops.shape(noisy)[:1], dtype="int32"))

    means, spreads = [], []
    for weight in (0.0, 1.0, 4.0):
        guided = classifier_free(conditional, ClassCondition(2), weight)
        drawn = points(DDIM(clip=None), schedule, 50, 500, denoise=fixed_label)
        means.append(drawn.mean())
        spreads.append(drawn.std(0).mean())
    assert abs(means[0] - 1.0) < 0.1 and abs(spreads[0] - 0.5) < 0.05
    assert means[0] < means[1] < means[2]
    assert spreads[0] > spreads[1] > spreads[2]
