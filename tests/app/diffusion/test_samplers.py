import json

import keras
import numpy as np
import pytest
from keras import ops

from app.diffusion import randomness, schedules
from app.diffusion.denoiser import denoiser
from app.diffusion.samplers import (
    DDIM,
    DDPM,
    Cold,
    DPMSolver,
    Heun,
    Langevin,
    PredictorCorrector,
)
from app.diffusion.targets import TARGETS
from app.diffusion.times import Trajectory
from tests import oracles
from tests.app.diffusion.modes import MODES, compiled

# The inputs of the scheduler tests of diffusers 0.42: tests/schedulers/test_schedulers.py.
SAMPLE = (np.arange(768) / 768).reshape(4, 8, 8, 3)
NOISE = SAMPLE.ravel()[::-1].reshape(SAMPLE.shape)


def network(noisy, time, condition=None, training=False):
    """The dummy model of those tests: x t / (t + 1)."""
    time = ops.reshape(time, (-1, 1, 1, 1))
    return noisy * time / (time + 1.0)


def predict(noisy, time):
    return noisy * time / (time + 1.0)


def sample(sampler, schedule, steps, start=SAMPLE, target="noise", trajectory=None, **arguments):
    denoise = denoiser(network, TARGETS[target](), schedule)
    path = Trajectory(schedule, steps, **(trajectory or {}))
    return ops.convert_to_numpy(sampler(denoise, path, start, 0, 0, **arguments))


def injected(draws):
    """A noise function that hands out pre-drawn arrays."""
    draws = np.asarray(draws, "float32")
    return lambda index, shape: ops.take(ops.convert_to_tensor(draws), index, axis=0)


@pytest.mark.parametrize(
    ("total", "mean", "target", "first", "final"),
    [
        (172.0067, 0.223967, "noise", 1e-4, "clean"),
        (52.5302, 0.0684, "velocity", 1e-4, "clean"),
        (149.8295, 0.1951, "noise", 0.01, "clean"),
        (149.0784, 0.1941, "noise", 0.01, "first"),
    ],
    ids=["plain", "velocity", "first beta 0.01", "first beta 0.01, ends at alpha_bar_1"],
)
def test_diffusers_goldens_of_ddim(total, mean, target, first, final):
    path = {"spacing": "leading", "final": final}
    result = sample(
        DDIM(), schedules.linear(first=first), 10, target=target, trajectory=path
    ).astype("float64")
    assert abs(result.sum() - total) < 1e-3
    assert abs(result.mean() - mean) < 1e-4


def test_diffusers_golden_of_ddim_started_from_a_noised_image():
    schedule = schedules.linear()
    noisy = schedule.signal_rates[101] * SAMPLE + schedule.noise_rates[101] * NOISE
    path = {"spacing": "leading"}
    result = sample(DDIM(), schedule, 10, start=noisy, trajectory=path, first_step=8)
    assert abs(result.astype("float64").sum() - 354.5418) < 1e-3


def sigma_squared(sampler, schedule, step, next_step):
    """The variance a sampler adds between two steps: its response to injected noise of 1."""

    class TwoSteps(Trajectory):
        def step(self, index):
            return ops.take(ops.convert_to_tensor([step, next_step, 0]), ops.cast(index, "int32"))

    path, start = TwoSteps(schedule, 2), ops.zeros((1, 1, 1, 1))
    denoise = denoiser(network, TARGETS["noise"](), schedule)
    ones, zeros = (lambda index, shape, fill=fill: ops.full(shape, fill) for fill in (1.0, 0.0))
    step_with = [sampler.step(denoise, path, start, 0, None, draw) for draw in (ones, zeros)]
    return float(ops.squeeze(step_with[0] - step_with[1])) ** 2


@pytest.mark.parametrize(("time", "golden"), [(0, 0.0), (487, 0.00979), (999, 0.02)])
def test_diffusers_goldens_of_ddpm_variance(time, golden):
    variance = sigma_squared(DDPM(clip=None), schedules.linear(), time + 1, time)
    assert abs(variance - golden) < 1e-5


@pytest.mark.parametrize(
    ("time", "previous", "golden"),
    [(0, 0, 0.0), (420, 400, 0.14771), (980, 960, 0.32460), (487, 486, 0.00979), (999, 998, 0.02)],
)
def test_diffusers_goldens_of_ddim_variance(time, previous, golden):
    variance = sigma_squared(DDIM(eta=1.0, clip=None), schedules.linear(), time + 1, previous + 1)
    assert abs(variance - golden) < 1e-5


MOST, TOTAL = 24, 24
DRAWS = np.random.default_rng(5).normal(size=(MOST, 2, 4, 4, 3))
START = np.random.default_rng(6).normal(size=DRAWS.shape[1:])


@pytest.mark.parametrize(
    ("sampler", "target", "spacing", "final"),
    [
        (DDIM(0.0, None), "noise", "leading", "first"),
        (DDIM(0.0, (-0.1, 0.15)), "velocity", "trailing", "clean"),
        (DDIM(0.5, None), "clean", "trailing", "clean"),
        (DDIM(1.0, (-0.1, 0.15)), "noise", "linspace", "clean"),
        (DDPM("posterior", None), "velocity", "leading", "clean"),
        (DDPM("posterior", (-0.1, 0.15)), "clean", "linspace", "clean"),
        (DDPM("beta", None), "noise", "trailing", "clean"),
        (DDPM("beta", (-0.1, 0.15)), "noise", "leading", "clean"),
    ],
)
def test_agreement_with_numpy_step_for_step(sampler, target, spacing, final):
    schedule = schedules.linear(TOTAL, scaled=True)
    denoise = denoiser(network, TARGETS[target](), schedule)

    @compiled
    def run(steps):
        path = Trajectory(schedule, steps, spacing, final)
        return sampler(denoise, path, START, 0, 0, noise=injected(DRAWS))

    for steps in (24, 12, 7, 5, 1):
        visited = oracles.visited(TOTAL, steps, spacing)
        arguments = {"clip": sampler.clip, "draws": DRAWS}
        if isinstance(sampler, DDIM):
            reference, arguments = oracles.ddim, {**arguments, "eta": sampler.eta, "final": final}
        else:
            reference, arguments = oracles.ddpm, {**arguments, "variance": sampler.variance}
        expected = reference(predict, target, schedule.betas, visited, START, **arguments)
        result = ops.convert_to_numpy(run(ops.convert_to_tensor(steps, dtype="int32")))
        np.testing.assert_allclose(result, expected, rtol=2e-5, atol=2e-5, err_msg=f"{steps} steps")


def test_clipping_case_by_hand():
    # One step from T = 1, beta = 0.36: signal 0.8, noise rate 0.6. The network says 0 (t = 0), so
    # clean = noisy / 0.8 = 2.5 -> clipped to 1; the chain ends at alpha_bar 1: the answer is 1.
    schedule = schedules.Schedule([0.36])
    start = np.full((1, 1, 1, 1), 2.0)
    assert float(np.squeeze(sample(DDIM(), schedule, 1, start))) == 1.0
    np.testing.assert_allclose(sample(DDIM(clip=None), schedule, 1, start), 2.5, rtol=1e-6)
    # Ending at alpha_bar_1 instead: 0.8 * 1 + 0.6 * noise with noise = (2 - 0.8 * 1) / 0.6 = 2.
    path = {"final": "first"}
    np.testing.assert_allclose(sample(DDIM(), schedule, 1, start, trajectory=path), 2.0, rtol=1e-6)


@pytest.mark.parametrize("clip", [None, (-1.0, 1.0)], ids=str)
def test_ddim_with_eta_1_is_ddpm(clip):
    schedule, noise = (
        schedules.cosine(50),
        injected(np.random.default_rng(0).normal(size=(13, 768))),
    )

    def draw(index, shape):
        return ops.reshape(noise(index, shape), SAMPLE.shape)

    one = sample(DDIM(1.0, clip), schedule, 13, target="velocity", noise=draw)
    two = sample(DDPM(clip=clip), schedule, 13, target="velocity", noise=draw)
    np.testing.assert_allclose(one, two, rtol=2e-5, atol=2e-5)


EACH = pytest.mark.parametrize(
    "sampler",
    [DDIM(), DDIM(1.0), DDPM(), DPMSolver(), Cold(), Heun(churn=5.0), PredictorCorrector(2)],
    ids=["ddim", "eta 1", "ddpm", "dpm_solver", "cold", "heun", "predictor_corrector"],
)
PATHS = pytest.mark.parametrize(
    "sampler", [DDIM(), DPMSolver(), Cold(), Heun()], ids=["ddim", "dpm", "cold", "heun"]
)


@EACH
@pytest.mark.parametrize("mode", MODES)
def test_steps_seed_and_index_may_be_tensors(sampler, mode):
    schedule = schedules.linear(40, scaled=True)
    denoise = denoiser(network, TARGETS["velocity"](), schedule)

    def run(steps, seed, first_index):
        return sampler(denoise, Trajectory(schedule, steps), SAMPLE, seed, first_index)

    expected = ops.convert_to_numpy(run(9, 11, 2))
    result = MODES[mode](run)(*(np.array(value, "int32") for value in (9, 11, 2)))
    np.testing.assert_allclose(ops.convert_to_numpy(result), expected, rtol=2e-5, atol=2e-5)


@EACH
def test_a_picture_does_not_depend_on_its_batch(sampler):
    schedule = schedules.linear(40, scaled=True)
    denoise = denoiser(network, TARGETS["velocity"](), schedule)

    def run(first_index, count):
        start = randomness.normal(1, first_index, count, 0, randomness.START, (4, 4, 1))
        path = Trajectory(schedule, 8)
        return ops.convert_to_numpy(sampler(denoise, path, start, 1, first_index))

    whole = run(20, 5)
    np.testing.assert_allclose(whole, np.concatenate([run(20, 2), run(22, 3)]), atol=1e-6)
    assert np.abs(whole[0] - whole[1]).max() > 0.1


@PATHS
def test_no_noise_is_computed_along_the_path(sampler):
    def refuse(index, shape):
        raise AssertionError("noise was drawn")

    sample(sampler, schedules.linear(20), 5, noise=refuse)


@PATHS
def test_one_compiled_program_serves_all_numbers_of_steps(sampler):
    schedule, traces = schedules.linear(40, scaled=True), []

    def counted(*arguments, **keywords):
        traces.append(1)
        return network(*arguments, **keywords)

    denoise = denoiser(counted, TARGETS["noise"](), schedule)
    run = compiled(lambda steps: sampler(denoise, Trajectory(schedule, steps), SAMPLE, 0, 0))
    run(ops.convert_to_tensor(3))
    count = len(traces)
    run(ops.convert_to_tensor(17))
    assert len(traces) == count


@pytest.mark.parametrize(
    "sampler",
    [
        DDIM(0.3),
        DPMSolver(None),
        DDPM("beta", (0.0, 1.0)),
        Cold(1),
        Heun(1, 40.0, (0.05, 50.0), 1.003, None),
        Langevin(7, 0.2, None),
        PredictorCorrector(3, 0.1),
    ],
)
def test_samplers_survive_json(sampler):
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(sampler)))
    revived = keras.saving.deserialize_keras_object(config)
    assert revived.get_config() == sampler.get_config()


def test_wrong_arguments_are_refused_with_a_sentence():
    with pytest.raises(ValueError, match="`eta` must be from 0"):
        DDIM(eta=1.5)
    with pytest.raises(ValueError, match="`variance` must be one of"):
        DDPM(variance="learned")
    with pytest.raises(ValueError, match="`clip` must be a pair"):
        DDPM(clip=(1.0, -1.0))


@pytest.mark.parametrize(
    "sampler",
    [
        *(DDIM(), DDIM(eta=0.3), DDPM(), DDPM("beta"), DPMSolver(), Cold(), Cold(1, "estimated")),
        *(Heun(), Heun(1), Heun(1, churn=2.0), Heun(churn=2.0), Langevin(2), PredictorCorrector()),
    ],
    ids=lambda sampler: f"{type(sampler).__name__} {sampler.get_config()}",
)
def test_samplers_say_whether_another_seed_gives_another_picture(sampler):
    denoise = denoiser(network, TARGETS["noise"](), schedules.exploding(20))
    path = Trajectory(schedules.exploding(20), 5, "linspace")
    one, other = (ops.convert_to_numpy(sampler(denoise, path, SAMPLE, seed, 0)) for seed in (1, 2))
    assert np.any(one != other) == sampler.draws_noise
