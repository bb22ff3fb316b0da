"""Annealed Langevin dynamics and predictor-corrector: closed forms, the papers' steps, goldens."""

from pathlib import Path

import numpy as np
import pytest
from keras import ops
from scipy.optimize import minimize_scalar

from app.diffusion import randomness, schedules
from app.diffusion.denoiser import denoiser
from app.diffusion.samplers import DDPM, Langevin, PredictorCorrector
from app.diffusion.samplers.langevin import fitting_snr
from app.diffusion.targets import Estimate, ScoreTarget
from app.diffusion.times import Trajectory
from tests import oracles
from tests.app.diffusion.continuous_cases import DRAWS, LEVELS, ONE, SNR, START, STEPS, score
from tests.app.diffusion.modes import MODES, compiled
from tests.app.diffusion.test_mixture import MIXTURE

GOLDENS = np.load(Path(__file__).parent / "fixtures" / "continuous.npz")


def gaussian(schedule, deviation):
    """The exact denoiser of data N(0, deviation^2)."""

    def denoise(noisy, time, condition=None):
        signal = ops.reshape(schedule.signal_rate(time), (-1, 1, 1, 1))
        rate = ops.reshape(schedule.noise_rate(time), (-1, 1, 1, 1))
        variance = (signal * deviation) ** 2 + rate**2
        return Estimate(signal * deviation**2 / variance * noisy, rate / variance * noisy)

    return denoise


@pytest.mark.parametrize(("snr", "moves"), [(0.16, 3), (0.16, 60), (0.6, 40)])
def test_variance_of_the_walk_in_closed_form(snr, moves):
    # noisy <- (1 - alpha / v) noisy + sqrt(2 alpha) z, v = 0.7^2 + sigma^2: a first-order
    # autoregression, whose variance goes to v / (1 - alpha / (2 v)), a little more than v.
    schedule, sigma, deviation = schedules.Schedule(rates=([1, 1, 1], [0, 0.8, 2.0])), 2.0, 0.7
    start = randomness.normal(4, 0, 64, 0, randomness.START, (20, 20, 1))
    denoise, draw = gaussian(schedule, deviation), draws_of(9)
    sampler = Langevin(moves, snr, clip=None)
    trajectory = Trajectory(schedule, 2)
    step = compiled(lambda start: sampler.step(denoise, trajectory, start, 0, None, draw))
    found = ops.convert_to_numpy(step(5.0 * start)).astype("float64")
    v, alpha = deviation**2 + sigma**2, 2 * (snr * sigma) ** 2
    kept = (1 - alpha / v) ** 2
    stationary = v / (1 - alpha / (2 * v))
    expected = kept**moves * 25.0 + (1 - kept**moves) * stationary
    # Five standard errors of the variance of 25,600 numbers.
    assert abs(found.var() / expected - 1) < 5 * np.sqrt(2 / found.size)
    if snr == 0.6:
        assert abs(stationary / v - 1) > 5 * np.sqrt(2 / found.size), "the test can tell"


def draws_of(seed):
    def draw(index, shape, stream):
        return randomness.normal(seed, 0, 64, index, stream, (20, 20, 1))

    return draw


def excess(snr, ratio, moves, levels=400):
    """The variance of the noise in one image after many levels, in units of the last one's."""
    variance = 1.0
    for _ in range(levels):
        variance *= ratio**2  # of the same noise, at the next level
        for _ in range(moves):
            variance = (1 - 2 * snr**2) ** 2 * variance + 4 * snr**2
    return variance


@pytest.mark.parametrize("ratio", [1.02, 1.07, 1.3, 2.5])
@pytest.mark.parametrize("moves", [1, 2, 5])
def test_moves_of_the_length_that_leaves_the_least_excess_noise(ratio, moves):
    with np.errstate(over="ignore"):
        best = minimize_scalar(
            lambda snr: min(excess(snr, ratio, moves), 1e6), bounds=(0.01, 0.7), method="bounded"
        )
    found = float(fitting_snr(ops.convert_to_tensor(ratio, "float32"), moves))
    assert abs(found - best.x) < 0.005
    assert excess(found, ratio, moves) == pytest.approx(best.fun, rel=1e-3)


@pytest.mark.parametrize(
    "schedule", [schedules.exploding(40, 0.05, 20.0), schedules.karras(40, 0.05, 20.0)]
)
def test_a_walk_of_fitting_moves_keeps_the_noise_at_its_level(schedule):
    # Of one black image, so that the noisy image is its noise. Two moves of 0.2, which fit 230
    # levels, fall behind the levels further at each.
    trajectory = Trajectory(schedule, 40, "linspace")
    denoise, draw = gaussian(schedule, 1e-6), draws_of(3)
    unit = randomness.normal(4, 0, 64, 0, randomness.START, (20, 20, 1))

    def relative(sampler):
        walk = compiled(
            lambda noisy: ops.fori_loop(
                0,
                39,
                lambda index, noisy: sampler.step(denoise, trajectory, noisy, index, None, draw),
                noisy,
            )
        )
        end = ops.convert_to_numpy(walk(schedule.start_rate * unit)).astype("float64")
        return end.var() / float(trajectory.noise_rate(38)) ** 2

    if schedule.name == "exploding":
        expected = excess(0.438, (20 / 0.05) ** (1 / 39), 2)
        assert abs(relative(Langevin(2, clip=None)) / expected - 1) < 5 * np.sqrt(2 / 25_600)
    assert relative(Langevin(2, clip=None)) < 1.6
    assert relative(Langevin(2, 0.2, clip=None)) > 4


def test_one_level_alone_is_walked():
    schedule = schedules.exploding(10, 0.05, 2.0)
    walk = Langevin(3, clip=None)
    found = walk(gaussian(schedule, 0.5), Trajectory(schedule, 1), 2.0 * START, 1, 0)
    assert np.all(np.isfinite(ops.convert_to_numpy(found)))


@pytest.mark.parametrize("mode", MODES)
def test_agreement_with_the_papers_algorithm(mode):
    levels, moves, snr = np.array([4.0, 1.5, 0.5, 0.1]), 3, 0.17
    schedule = schedules.Schedule(rates=(np.ones(5), np.append(0.0, levels[::-1])))
    draws = np.random.default_rng(1).normal(size=(4, moves, *START.shape))
    # The network is the ideal one of Gaussian data: it depends on the level.
    denoise = gaussian(schedule, 0.7)
    flat = ops.convert_to_tensor(draws.reshape(-1, *START.shape).astype("float32"))

    def draw(index, shape, stream):
        assert stream == randomness.CORRECTOR
        return ops.take(flat, index, axis=0)

    def program(steps, start):
        sampler = Langevin(moves, snr, clip=None)
        return sampler(denoise, Trajectory(schedule, steps), start, 0, 0, noise=draw)

    found = MODES[mode](program)(np.array(4, "int32"), 4 * START)
    expected = oracles.langevin(
        lambda noisy, level: 0.49 / (0.49 + level**2) * noisy,
        levels,
        4 * START,
        epsilon=2 * snr**2 * levels[-1] ** 2,
        moves=moves,
        draws=draws,
    )
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=1e-4, atol=1e-4)


def test_diffusers_golden_of_predictor_corrector():
    schedule = schedules.exploding(STEPS, **LEVELS)

    def network(noisy, time, condition=None, training=False):
        return score(noisy, ops.reshape(time, (-1, 1, 1, 1)) / STEPS, ops.sin)

    def draw(index, shape, stream=randomness.PREDICTOR):
        half = 0 if stream == randomness.CORRECTOR else 1
        return ops.take(ops.convert_to_tensor(DRAWS[half]), index, axis=0)

    denoise = denoiser(network, ScoreTarget(), schedule)
    path = Trajectory(schedule, STEPS)
    start = LEVELS["largest"] * ONE
    found = PredictorCorrector(1, SNR, clip=None)(denoise, path, start, 0, 0, noise=draw)
    golden = GOLDENS["predictor_corrector"]
    print("largest difference", np.abs(ops.convert_to_numpy(found) - golden).max())
    np.testing.assert_allclose(ops.convert_to_numpy(found), golden, rtol=1e-3, atol=1e-3)
    plain = DDPM("beta", None)(denoise, path, start, 0, 0, noise=draw)
    assert np.abs(ops.convert_to_numpy(plain) - golden).max() > 0.01


@pytest.mark.parametrize("index", [3, 9], ids=["on the way", "last"])
def test_a_step_of_predictor_corrector_where_the_signal_grows(index):
    betas, snr = np.linspace(1e-3, 0.1, 40), 0.2
    trajectory = Trajectory(schedules.Schedule(betas), 10)
    draws = np.random.default_rng(3).normal(size=(3, *START.shape))

    def denoise(noisy, time, condition=None, numeric=ops):
        return Estimate(numeric.tanh(0.5 * noisy), numeric.sin(noisy))

    def draw(place, shape, stream=randomness.PREDICTOR):
        turn = place - 2 * index if stream == randomness.CORRECTOR else 2
        return ops.take(ops.convert_to_tensor(draws.astype("float32")), turn, axis=0)

    sampler = PredictorCorrector(2, snr, clip=None)
    found = sampler.step(denoise, trajectory, ops.convert_to_tensor(START), index, None, draw)
    bar, after = oracles.alpha_bars(betas)[[40 - 4 * index, 36 - 4 * index]]
    rate, noisy = np.sqrt(1 - bar), START.astype("float64")
    for added in draws[:2]:  # algorithm 5: alpha = 2 alpha_i (snr |z| / |score|)^2
        noise = denoise(noisy, None, numeric=np).noise
        lengths = [np.sqrt(np.sum(x**2, axis=(1, 2, 3), keepdims=True)) for x in (added, noise)]
        alpha = 2 * bar / after * (snr * lengths[0] * rate / lengths[1]) ** 2
        noisy = noisy - alpha * noise / rate + np.sqrt(2 * alpha) * added
    # The predictor by eq. 7 of Ho et al., with beta as its variance.
    beta, clean = 1 - bar / after, denoise(noisy, None, numeric=np).clean
    expected = np.sqrt(after) * beta / (1 - bar) * clean
    expected += np.sqrt(1 - beta) * (1 - after) / (1 - bar) * noisy
    expected += (index < 9) * np.sqrt(beta) * draws[2]
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=1e-4, atol=1e-4)


def ideal_of_many(schedule):
    """The exact denoiser of images that are 32 independent points of the mixture."""

    def denoise(noisy, time, condition=None):
        signal, rate = schedule.signal_rate(time[0]), schedule.noise_rate(time[0])
        points = ops.reshape(noisy, (-1, 2))
        clean = ops.reshape(MIXTURE.clean(points, signal, rate, ops), ops.shape(noisy))
        return Estimate(clean, (noisy - signal * clean) / rate)

    return denoise


@pytest.mark.parametrize(
    "sampler",
    [Langevin(8, 0.2, None), PredictorCorrector(1, 0.16, None)],
    ids=["langevin", "predictor_corrector"],
)
def test_mean_and_covariance_of_the_mixture(sampler):
    # In images of many points a norm is what it is for images: nearly that of all others.
    schedule = schedules.exploding(150, 0.02, 8.0)
    denoise = ideal_of_many(schedule)

    @compiled
    def program():
        unit = randomness.normal(5, 0, 64, 0, randomness.START, (8, 4, 2))
        start = schedule.start_rate * unit
        return sampler(denoise, Trajectory(schedule, 150), start, 5, 0)

    drawn = ops.convert_to_numpy(program()).reshape(-1, 2).astype("float64")
    deviation = np.sqrt(np.diag(MIXTURE.covariance))
    # Four standard errors of 2,048 points, and what a walk leaves that follows the levels late.
    assert np.all(np.abs(drawn.mean(0) - MIXTURE.mean) < 4 * deviation / np.sqrt(2048) + 0.04)
    error = np.abs(np.cov(drawn.T) - MIXTURE.covariance)
    assert np.all(error < 4 * np.sqrt(2 / 2048) * np.outer(deviation, deviation) + 0.04)
    assert abs(np.mean(drawn @ [1.6, -0.9] < -0.35) - 0.3) < 0.06


@pytest.mark.parametrize("sampler", [Langevin(2), PredictorCorrector(2)], ids=["ald", "pc"])
def test_a_picture_does_not_depend_on_its_batch(sampler):
    schedule = schedules.exploding(6, 0.05, 5.0)
    denoise = gaussian(schedule, 0.5)

    def run(first_index, count):
        start = randomness.normal(1, first_index, count, 0, randomness.START, (4, 4, 1))
        path = Trajectory(schedule, 6)
        return ops.convert_to_numpy(sampler(denoise, path, start, 1, first_index))

    whole = run(20, 5)
    np.testing.assert_allclose(whole, np.concatenate([run(20, 2), run(22, 3)]), atol=1e-5)
    assert np.abs(whole[0] - whole[1]).max() > 0.1


def test_wrong_arguments_are_refused_with_a_sentence():
    for kind in (Langevin, PredictorCorrector):
        with pytest.raises(ValueError, match="`moves` must be a whole number"):
            kind(moves=0)
        with pytest.raises(ValueError, match=r"`snr` must be in \(0, 1\)"):
            kind(snr=1.0)
    with pytest.raises(ValueError, match="needs noise levels on whole images"):
        schedule = schedules.flow(5)
        Langevin()(gaussian(schedule, 0.5), Trajectory(schedule, 5), START, 0, 0)
