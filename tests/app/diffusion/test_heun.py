"""Euler, Heun and churn: diffusers' goldens, EDM's algorithm in float64, order, identities."""

from pathlib import Path

import numpy as np
import pytest
from keras import ops

from app.diffusion import randomness, schedules
from app.diffusion.denoiser import denoiser
from app.diffusion.samplers import DDIM, DPMSolver, Heun
from app.diffusion.targets import TARGETS, EDMTarget, Estimate
from app.diffusion.times import Trajectory
from tests import oracles
from tests.app.diffusion.continuous_cases import EDM, FLOW, START, output
from tests.app.diffusion.modes import MODES, compiled
from tests.app.diffusion.test_mixture import MIXTURE, ideal
from tests.app.diffusion.test_samplers import SAMPLE
from tests.app.diffusion.test_samplers import network as dummy

GOLDENS = np.load(Path(__file__).parent / "fixtures" / "continuous.npz")
SAMPLERS = {"euler": Heun(order=1, clip=None), "heun": Heun(clip=None)}
SAMPLERS["dpm_solver"] = DPMSolver(None)


def network(noisy, time, condition=None, training=False):
    """The model of the goldens, told c_noise."""
    return output(noisy, ops.reshape(time, (-1, 1, 1, 1)), ops.sin)


def by_step(noisy, time, condition=None, training=False):
    """The same, told the step index of 1000."""
    return network(noisy, time / 1000.0)


def run(sampler, denoise, schedule, steps, start, spacing="linspace", **options):
    trajectory = Trajectory(schedule, steps, spacing)
    return ops.convert_to_numpy(sampler(denoise, trajectory, start, 0, 0, **options))


def test_diffusers_golden_of_its_own_test():
    # tests/schedulers/test_scheduler_edm_euler.py: the start is scaled by sqrt(80^2 + 1).
    schedule = schedules.karras(10)
    denoise = denoiser(dummy, EDMTarget(0.5), schedule)
    found = run(SAMPLERS["euler"], denoise, schedule, 10, SAMPLE * np.sqrt(80.0**2 + 1))
    assert abs(np.abs(found.astype("float64")).sum() - 34.1855) < 1e-3


@pytest.mark.parametrize("name", EDM)
def test_diffusers_goldens_of_edm(name):
    schedule = schedules.karras(EDM[name])
    denoise = denoiser(network, EDMTarget(0.5), schedule)
    sampler = SAMPLERS[name.removeprefix("edm_")]
    found = run(sampler, denoise, schedule, EDM[name], START * np.sqrt(80.0**2 + 1))
    print("largest difference", np.abs(found - GOLDENS[name]).max())
    np.testing.assert_allclose(found, GOLDENS[name], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", FLOW)
def test_diffusers_goldens_of_flow_matching(name):
    schedule = schedules.flow()
    denoise = denoiser(by_step, TARGETS["flow"](), schedule)
    found = run(SAMPLERS[name.removeprefix("flow_")], denoise, schedule, FLOW[name], START)
    print("largest difference", np.abs(found - GOLDENS[name]).max())
    np.testing.assert_allclose(found, GOLDENS[name], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("mode", MODES)
def test_churn_agrees_with_edms_algorithm(mode):
    schedule, d = schedules.karras(1021), 0.5
    draws = np.random.default_rng(2).normal(size=(18, *START.shape))
    churn = {"churn": 30.0, "churn_interval": (0.05, 50.0), "churn_noise": 1.003}
    denoise = denoiser(network, EDMTarget(d), schedule)

    def draw(index, shape, stream):
        assert stream == randomness.CHURN
        return ops.take(ops.convert_to_tensor(draws.astype("float32")), index, axis=0)

    def exact(noisy, sigma):
        answer = output(noisy / np.sqrt(sigma**2 + d**2), np.log(sigma) / 4, np.sin)
        skip = d**2 / (sigma**2 + d**2)
        return skip * noisy + sigma * d / np.sqrt(sigma**2 + d**2) * answer

    for order in (1, 2):
        sampler = Heun(order, clip=None, **churn)

        def program(steps, start, sampler=sampler):
            trajectory = Trajectory(schedule, steps, "linspace")
            return sampler(denoise, trajectory, start, 0, 0, noise=draw)

        for steps in (18, 11):  # 17 and 10 divide 1020
            levels = schedules.karras(steps).noise_rates[::-1]
            found = MODES[mode](program)(np.array(steps, "int32"), 80 * START)
            values = {"churn": 30.0, "interval": (0.05, 50.0), "noise": 1.003, "draws": draws}
            expected = oracles.edm(exact, levels, 80 * START, order=order, **values)
            # A raised level lies between two of the 1021: 1e-4 of it.
            np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=3e-3, atol=3e-3)
            plain = oracles.edm(exact, levels, 80 * START, order=order)
            assert np.abs(plain - expected).max() > 0.03


SCHEDULES = {
    "exploding": schedules.exploding(1281, 0.02, 10.0),
    "karras": schedules.karras(1281, 0.002, 10.0),
    "flow": schedules.flow(1281),
    "linear": schedules.linear(1281),
}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", SCHEDULES)
def test_order_of_convergence(name, order):
    schedule = SCHEDULES[name]
    unit = randomness.normal(5, 0, 256, 0, randomness.START, (1, 1, 2))
    start = schedule.start_rate * ops.convert_to_numpy(unit).astype("float64")
    fine = path_end(schedule, start.reshape(-1, 2))
    counts = np.array([11, 21, 41, 81]) if name != "karras" else np.array([21, 41, 81, 161])
    sampler = Heun(order, clip=None)

    @compiled
    def program(steps):
        trajectory = Trajectory(schedule, steps, "linspace")
        return sampler(ideal(MIXTURE, schedule), trajectory, start, 0, 0)

    errors = []
    for count in counts:
        found = ops.convert_to_numpy(program(ops.convert_to_tensor(int(count), "int32")))
        errors.append(np.sqrt(np.mean((found.reshape(-1, 2) - fine) ** 2)))
    slope = -np.polyfit(np.log(counts - 1), np.log(errors), 1)[0]
    print("errors", dict(zip(counts.tolist(), np.round(errors, 6), strict=True)), "slope", slope)
    assert abs(slope - order) < 0.25
    assert np.all(np.diff(errors) < 0)


def path_end(schedule, start):
    """The end of the path from start through all steps, in float64 by the classical Runge-Kutta."""

    def clean_and_noise(noisy, signal, rate):
        clean = MIXTURE.clean(noisy, signal, rate)
        return clean, (noisy - signal * clean) / rate

    noisy = start
    rows = list(zip(schedule.signal_rates, schedule.noise_rates, strict=True))[::-1]
    for (signal, rate), (next_signal, next_rate) in zip(rows[:-2], rows[1:-1], strict=True):
        change = np.array([next_signal - signal, next_rate - rate])

        def slope(share, point, place=(signal, rate), change=change):
            clean, noise = clean_and_noise(point, *(np.array(place) + share * change))
            return change[0] * clean + change[1] * noise

        one = slope(0.0, noisy)
        two = slope(0.5, noisy + one / 2)
        three = slope(0.5, noisy + two / 2)
        four = slope(1.0, noisy + three)
        noisy = noisy + (one + 2 * two + 2 * three + four) / 6
    return clean_and_noise(noisy, *rows[-2])[0]


EVERY = {"linear": schedules.linear(40, scaled=True), **SCHEDULES}


@pytest.mark.parametrize("name", EVERY)
def test_euler_is_ddim_without_new_noise_on_every_schedule(name):
    schedule = EVERY[name]
    denoise = denoiser(network, EDMTarget(0.6), schedule)
    for clip in (None, (-1.0, 1.0)):
        one, two = (
            run(sampler, denoise, schedule, 12, schedule.start_rate * START, "trailing")
            for sampler in (DDIM(clip=clip), Heun(order=1, clip=clip))
        )
        np.testing.assert_allclose(one, two, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("sampler", [DDIM(clip=None), DPMSolver(None)], ids=["ddim", "dpm_solver"])
def test_views_of_one_network_agree(sampler):
    # The same levels sigma = noise / signal: once preserving variance, once with a signal of 1.
    preserving = schedules.linear(200, scaled=True)
    levels = preserving.noise_rates / preserving.signal_rates
    exploding = schedules.Schedule(rates=(np.ones(201), levels))
    target = EDMTarget(0.6)
    views = [denoiser(network, target, schedule) for schedule in (preserving, exploding)]
    time = np.array([0.1, 0.9], "float32")
    scale = 1 / preserving.signal_rates[[20, 180]].reshape(-1, 1, 1, 1)
    one, two = views[0](START, time), views[1](START * scale, time)
    for left, right in zip(one, two, strict=True):
        left, right = ops.convert_to_numpy(left), ops.convert_to_numpy(right)
        np.testing.assert_allclose(left, right, rtol=1e-4, atol=1e-5)
    # So the whole path is the same one, from starts that are the same image.
    starts = START, START / preserving.signal_rates[-1]
    ends = [
        run(sampler, view, schedule, 20, start, "trailing")
        for view, schedule, start in zip(views, (preserving, exploding), starts, strict=True)
    ]
    np.testing.assert_allclose(ends[0], ends[1], rtol=1e-3, atol=1e-3)
    assert ends[0].std() > 0.1


def test_the_last_step_asks_nothing_at_time_0():
    schedule = schedules.karras(6)

    def denoise(noisy, time, condition=None):
        known = ops.reshape(time, (-1, 1, 1, 1)) > 0.0
        clean = ops.where(known, 0.25 * ops.ones_like(noisy), float("nan"))
        rate = ops.reshape(schedule.noise_rate(time), (-1, 1, 1, 1))
        return Estimate(clean, (noisy - clean) / rate)

    np.testing.assert_allclose(run(Heun(clip=None), denoise, schedule, 6, START), 0.25, atol=1e-5)


def test_churn_on_a_flow_starts_from_no_signal_at_all():
    schedule = schedules.flow(50)
    denoise = denoiser(by_step, TARGETS["flow"](), schedule)
    found = run(Heun(churn=20.0), denoise, schedule, 10, START)
    plain = run(Heun(), denoise, schedule, 10, START)
    assert np.all(np.isfinite(found)) and np.abs(found - plain).max() > 0.01


def test_wrong_arguments_are_refused_with_a_sentence():
    for options, sentence in (
        ({"order": 3}, "`order` must be 1"),
        ({"churn": -1.0}, "`churn` must be 0 or more"),
        ({"churn_noise": 0.0}, "`churn_noise` above 0"),
        ({"churn_interval": (2.0, 1.0)}, "`churn_interval` must be a pair"),
        ({"clip": (1.0, 0.0)}, "`clip` must be a pair"),
    ):
        with pytest.raises(ValueError, match=sentence):
            Heun(**options)
