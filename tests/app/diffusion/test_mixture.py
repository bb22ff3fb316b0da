"""Samplers on a Gaussian mixture, whose ideal denoiser is known: do they draw the mixture?"""

import numpy as np
import pytest
from keras import ops

from app.diffusion import randomness, schedules
from app.diffusion.condition import ClassCondition
from app.diffusion.guidance import classifier_free
from app.diffusion.samplers import DDIM, DDPM, DPMSolver, Heun
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


def points(sampler, schedule, steps, count, mixture=MIXTURE, path=None, denoise=None):
    denoise = denoise or ideal(mixture, schedule)

    @compiled
    def run():
        unit = randomness.normal(5, 0, count, 0, randomness.START, (1, 1, 2))
        start = schedule.start_rate * unit
        return sampler(denoise, Trajectory(schedule, steps, **(path or {})), start, 5, 0)

    return ops.convert_to_numpy(run()).reshape(count, 2).astype("float64")


@pytest.mark.parametrize(
    ("sampler", "steps"),
    [
        (DDIM(clip=None), 200),
        (DDIM(1.0, None), 300),
        (DDPM("posterior", None), 300),
        (DDPM("beta", None), 300),
        (DDPM("posterior", None), 170),
        (DPMSolver(None), 40),
    ],
    ids=["ddim", "ddim eta 1", "ddpm", "ddpm beta", "ddpm respaced", "dpm_solver"],
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


@pytest.mark.parametrize("name", ["exploding", "flow"])
@pytest.mark.parametrize(
    ("sampler", "steps"),
    [
        (DDIM(1.0, None), 160),
        (DDPM("beta", None), 160),
        (DPMSolver(None), 40),
        (Heun(clip=None), 32),
    ],
    ids=["ddim eta 1", "ddpm beta", "dpm_solver", "heun"],
)
def test_the_mixture_on_other_schedules(sampler, steps, name):
    count = 2048
    schedule = {
        "exploding": schedules.exploding(160, 0.01, 10.0),
        "flow": schedules.flow(160),
    }[name]
    drawn = points(sampler, schedule, steps, count)
    deviation = np.sqrt(np.diag(MIXTURE.covariance))
    assert np.all(np.abs(drawn.mean(0) - MIXTURE.mean) < 4 * deviation / np.sqrt(count) + 0.02)
    error = np.abs(np.cov(drawn.T) - MIXTURE.covariance)
    assert np.all(error < 4 * np.sqrt(2 / count) * np.outer(deviation, deviation) + 0.03)
    assert abs(np.mean(drawn @ [1.6, -0.9] < -0.35) - 0.3) < 0.05


def errors_at(sampler, schedule, counts, **path):
    """Root mean square distances from the path of DDIM, followed in float64 by all its steps."""
    start = randomness.normal(5, 0, 256, 0, randomness.START, (1, 1, 2))
    start = ops.convert_to_numpy(start).reshape(-1, 2).astype("float64")
    bars = oracles.alpha_bars(schedule.betas)

    def predict(noisy, time):
        bar = bars[time + 1]
        return MIXTURE.clean(noisy, np.sqrt(bar), np.sqrt(1 - bar))

    visited = list(range(schedule.steps, -1, -1))
    final = path.get("final", "clean")
    # Of order 2: what is left of the error at all steps lies far below that at any of `counts`.
    fine = oracles.dpm_solver(predict, "clean", schedule.betas, visited, start, final=final)
    drawn = [points(sampler, schedule, int(n), 256, path=path) for n in counts]
    return [np.sqrt(np.mean((found - fine) ** 2)) for found in drawn]


def even_log_snr(steps):
    """A schedule of equal steps of log-SNR, from 6 (noise rate 0.05) to -12 nats."""
    bars = 1.0 / (1.0 + np.exp(-np.linspace(6.0, -12.0, steps)))
    return schedules.Schedule(1.0 - bars / np.append(1.0, bars[:-1]))


@pytest.mark.parametrize(
    ("sampler", "order", "schedule", "path"),
    [
        (DDIM(clip=None), 1, schedules.linear(2560, scaled=True), {}),
        (DDIM(clip=None), 1, even_log_snr(2560), {"spacing": "linspace", "final": "first"}),
        (DPMSolver(None), 2, even_log_snr(2560), {"spacing": "linspace", "final": "first"}),
    ],
    ids=["ddim", "ddim, even log-SNR", "dpm_solver, even log-SNR"],
)
def test_order_of_convergence(sampler, order, schedule, path):
    counts = np.array([20, 40, 80, 160, 320])
    errors = errors_at(sampler, schedule, counts, **path)
    slope = -np.polyfit(np.log(counts), np.log(errors), 1)[0]
    print("errors", dict(zip(counts.tolist(), np.round(errors, 5), strict=True)), "slope", slope)
    assert abs(slope - order) < 0.2
    assert np.all(np.diff(errors) < 0)


def test_dpm_solver_is_nearer_to_the_path_than_ddim():
    schedule, counts = schedules.linear(2560, scaled=True), [10, 20, 40, 80]
    ddim = errors_at(DDIM(clip=None), schedule, counts)
    solver = errors_at(DPMSolver(None), schedule, counts)
    print("errors at", counts, "ddim", np.round(ddim, 4), "dpm_solver", np.round(solver, 4))
    # At 20 steps half of DDIM's error, and the advantage grows with the steps.
    assert solver[1] < 0.6 * ddim[1]
    assert np.all(np.diff(np.array(solver) / ddim) < 0)


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
