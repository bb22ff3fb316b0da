"""Inpainting two pixels of a Gaussian with the exact denoiser: everything has a closed form."""

import functools

import numpy as np
import pytest
from keras import ops

from app.diffusion.compiled import compiled
from app.diffusion.inpainting import inpaint
from app.diffusion.randomness import START, normal
from app.diffusion.samplers import DDIM, DDPM, DPMSolver
from app.diffusion.schedules import cosine
from app.diffusion.targets import Estimate
from app.diffusion.times import Trajectory

CORRELATION, KNOWN = 0.6, 1.0
COVARIANCE = np.array([[1.0, CORRELATION], [CORRELATION, 1.0]])
SCHEDULE = cosine(1000)
COUNT, STEPS = 4096, 50


def gain(signal, rate):
    """clean = gain @ noisy, for data N(0, COVARIANCE)."""
    return signal * COVARIANCE @ np.linalg.inv(signal**2 * COVARIANCE + rate**2 * np.eye(2))


def denoise(noisy, time, condition=None):
    """The exact denoiser along the eigenvectors (1, 1) and (1, -1) of the covariance."""
    signal = ops.reshape(SCHEDULE.signal_rate(time), (-1, 1, 1, 1))
    rate = ops.reshape(SCHEDULE.noise_rate(time), (-1, 1, 1, 1))
    swapped = ops.flip(noisy, axis=2)
    clean = 0.0
    for value, sign in ((1 + CORRELATION, 1.0), (1 - CORRELATION, -1.0)):
        part = (noisy + sign * swapped) / 2
        clean = clean + signal * value / (signal**2 * value + rate**2) * part
    return Estimate(clean, (noisy - signal * clean) / rate)


def moments(resampling, variance):
    """Mean and variance of the drawn pixel: the algorithm on Gaussians, in numpy float64."""
    steps = [round(1000 * (STEPS - index) / STEPS) for index in range(STEPS + 1)]
    rates = [(SCHEDULE.signal_rates[k], SCHEDULE.noise_rates[k]) for k in steps]
    mean, covariance = np.zeros(2), np.eye(2)
    for index in range(STEPS):
        (a, s), (b, r) = rates[index], rates[index + 1]
        beta, final = s**2 - (a * r / b) ** 2, index == STEPS - 1
        matrix = b * beta / s**2 * gain(a, s) + a / b * (r / s) ** 2 * np.eye(2)
        added = 0 if final else beta * (r**2 / s**2 if variance == "posterior" else 1)
        for turn in range(1 if final else resampling):
            mean, covariance = matrix @ mean, matrix @ covariance @ matrix.T + added * np.eye(2)
            mean[0] = b * KNOWN
            covariance = np.diag([r**2, covariance[1, 1]])  # the known pixel has noise of its own
            if turn < resampling - 1 and not final:
                mean, covariance = a / b * mean, (a / b) ** 2 * covariance + beta * np.eye(2)
    return mean[1], covariance[1, 1]


@functools.cache
def drawn(sampler, resampling=1, count=COUNT, first_index=0, seed=5):
    known = np.tile(np.array([KNOWN, 9.0], "float32").reshape(1, 1, 2, 1), (count, 1, 1, 1))
    mask = np.tile(np.array([False, True]).reshape(1, 1, 2, 1), (count, 1, 1, 1))
    start = normal(seed, first_index, count, 0, START, (1, 2, 1))
    trajectory = Trajectory(SCHEDULE, STEPS)
    draw = compiled(
        lambda *given: inpaint(
            sampler, denoise, trajectory, *given, seed, first_index, resampling=resampling
        ),
        [],
    )
    images = draw(start, *map(ops.convert_to_tensor, (known, mask)))
    return ops.convert_to_numpy(images).reshape(count, 2)


BETA, POSTERIOR = (DDPM(variance=name, clip=None) for name in ("beta", "posterior"))


def errors(variance):
    """Four standard errors of a mean and of a variance of COUNT Gaussian numbers."""
    return 4 * np.sqrt(variance / COUNT), 4 * variance * np.sqrt(2 / COUNT)


@pytest.mark.parametrize(("resampling", "sampler"), [(1, BETA), (4, POSTERIOR), (20, BETA)])
def test_pixels_have_the_moments_of_the_algorithm(resampling, sampler):
    found = drawn(sampler, resampling)
    mean, spread = moments(resampling, sampler.variance)
    assert np.all(found[:, 0] == KNOWN), "known pixels are kept exactly"
    near = errors(spread)
    assert found[:, 1].mean() == pytest.approx(mean, abs=near[0])
    assert found[:, 1].var() == pytest.approx(spread, abs=near[1])


def test_resampling_comes_near_the_exact_posterior():
    """Posterior of the second pixel: mean 0.6, variance 1 - 0.36, from the covariance alone."""
    mean, variance = CORRELATION * KNOWN, 1 - CORRELATION**2
    gaps = [abs(moments(turns, "beta")[0] - mean) for turns in (1, 5, 20)]
    assert gaps[0] > 0.25 and gaps[1] < 0.1 and gaps[2] < 0.03
    found = drawn(BETA, 20)[:, 1]
    near = errors(variance)
    assert found.mean() == pytest.approx(mean, abs=0.03 + near[0])
    assert found.var() == pytest.approx(variance, abs=0.01 + near[1])


def test_a_picture_does_not_depend_on_its_batch():
    whole = drawn(BETA, 3, count=6)
    np.testing.assert_allclose(drawn(BETA, 3, count=2, first_index=3), whole[3:5], atol=1e-5)


def test_everything_masked_is_plain_sampling():
    sampler, trajectory = DDIM(eta=1.0, clip=None), Trajectory(SCHEDULE, STEPS)
    start = normal(5, 0, 4, 0, START, (1, 2, 1))
    plain = sampler(denoise, trajectory, start, 5, 0)
    all_drawn = np.ones((4, 1, 2, 1), bool)
    known = np.zeros((4, 1, 2, 1), "float32")
    images = inpaint(sampler, denoise, trajectory, start, known, all_drawn, 5, 0, resampling=1)
    np.testing.assert_allclose(images, plain, atol=1e-6)


def test_a_sampler_with_a_memory_is_refused():
    with pytest.raises(ValueError, match="Received: DPMSolver. Take DDPM, or DDIM"):
        drawn(DPMSolver(clip=None))
