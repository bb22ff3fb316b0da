"""Cold restoration against a loop in numpy, and the identities that hold for any network."""

import numpy as np
import pytest
from keras import ops

from app.diffusion import schedules
from app.diffusion.denoiser import denoiser
from app.diffusion.samplers import DDIM, Cold, loop
from app.diffusion.targets import CleanTarget, Estimate
from app.diffusion.times import Trajectory
from tests.oracles import alpha_bars, visited

RANDOM = np.random.default_rng(8)
START = RANDOM.normal(size=(2, 4, 4, 3)).astype("float32")
CLEAN = RANDOM.uniform(-1, 1, size=START.shape).astype("float32")
TOTAL = 24


def network(noisy, time, condition=None, training=False):
    """Any restoration, wrong as it may be."""
    return noisy * ops.reshape(time, (-1, 1, 1, 1)) / 25.0 - 0.2


def exact(noisy, time, condition=None):
    """A denoiser that knows the clean image."""
    return Estimate(ops.convert_to_tensor(CLEAN), ops.zeros_like(noisy))


def restored(sampler, denoise, schedule, steps, start=START):
    path = Trajectory(schedule, steps)
    return ops.convert_to_numpy(sampler(denoise, path, start, 0, 0))


def by_numpy(algorithm, steps, clip):
    """Bansal et al., algorithms 1 and 2, in float64, the degradation written as a function."""
    bars = alpha_bars(schedules.linear(TOTAL, scaled=True).betas)

    def degraded(clean, step):
        return np.sqrt(bars[step]) * clean + np.sqrt(1.0 - bars[step]) * START.astype("float64")

    noisy, places = START.astype("float64"), visited(TOTAL, steps, "trailing")
    for step, following in zip(places[:-1], places[1:], strict=True):
        clean = noisy * (step - 1) / 25.0 - 0.2
        clean = clean if clip is None else np.clip(clean, *clip)
        if algorithm == 1:
            noisy = degraded(clean, following)
        else:
            noisy = noisy - degraded(clean, step) + degraded(clean, following)
    return noisy


@pytest.mark.parametrize("clip", [None, (-0.3, 0.25)])
@pytest.mark.parametrize("algorithm", [1, 2])
def test_agreement_with_numpy(algorithm, clip):
    schedule = schedules.linear(TOTAL, scaled=True)
    denoise = denoiser(network, CleanTarget(), schedule)
    for steps in (24, 7, 1):
        found = restored(Cold(algorithm, "kept", clip), denoise, schedule, steps)
        np.testing.assert_allclose(found, by_numpy(algorithm, steps, clip), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("clip", [None, (-0.3, 0.25)])
@pytest.mark.parametrize("algorithm", [1, 2])
def test_with_the_estimated_noise_both_algorithms_are_ddim(algorithm, clip):
    schedule = schedules.cosine(TOTAL)
    denoise = denoiser(network, CleanTarget(), schedule)
    found = restored(Cold(algorithm, "estimated", clip), denoise, schedule, 11)
    expected = restored(DDIM(0.0, clip), denoise, schedule, 11)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)
    kept = restored(Cold(algorithm, "kept", clip), denoise, schedule, 11)
    assert np.abs(kept - expected).max() > 1e-3


@pytest.mark.parametrize("sampler", [Cold(1), Cold(2), Cold(2, "estimated")])
def test_an_exact_restoration_is_recovered_from_pure_noise(sampler):
    """The start is the degraded image itself where the last step holds no signal."""
    schedule = schedules.linear(TOTAL, scaled=True).zero_terminal()
    found = restored(sampler, exact, schedule, 9)
    np.testing.assert_allclose(found, CLEAN, atol=2e-6)


def test_a_start_without_the_signal_of_the_last_step_leaves_a_known_rest():
    """Algorithm 2, exact restoration: (1 - s_T) z + (1 - a_T) clean is added up from the start."""
    schedule = schedules.linear(TOTAL)  # unscaled: most of the signal is left at the end
    signal, rate = schedule.signal_rates[-1], schedule.noise_rates[-1]
    found = restored(Cold(2), exact, schedule, 9)
    np.testing.assert_allclose(found, (1 - rate) * START + (1 - signal) * CLEAN, atol=2e-6)


class Adding(Trajectory):
    """A degradation linear in the step, `clean + s noise`: the signal stays."""

    def signal_rate(self, index):
        return ops.ones(())

    def noise_rate(self, index):
        return 1.0 - ops.cast(index, "float32") / self.steps


def test_a_degradation_linear_in_the_step_is_undone_by_any_restoration():
    """x_(s-1) = x_s - (R + s e) + (R + (s - 1) e), whatever R; algorithm 1 returns R."""
    schedule = schedules.linear(TOTAL)
    denoise, path = denoiser(network, CleanTarget(), schedule), Adding(schedule, 9)
    state = ops.convert_to_tensor(CLEAN + START), ops.convert_to_tensor(START)

    def found(algorithm):
        step = Cold(algorithm, clip=None).step
        return ops.convert_to_numpy(loop.run(step, denoise, path, state, None, 0, None)[0])

    np.testing.assert_allclose(found(2), CLEAN, atol=2e-6)
    assert np.abs(found(1) - CLEAN).max() > 0.1


@pytest.mark.parametrize(("algorithm", "share"), [(1, "next"), (2, "change")])
def test_of_a_wrong_restoration_algorithm_2_takes_the_change_alone(algorithm, share):
    """One step from a right state: its error is (a' - a) (R - clean), of algorithm 1 a' of it."""
    schedule, error = schedules.cosine(TOTAL), 0.3
    path = Trajectory(schedule, 12)
    here, there = (float(path.signal_rate(index)) for index in (4, 5))
    rates = [float(path.noise_rate(index)) for index in (4, 5)]
    state = ops.convert_to_tensor(here * CLEAN + rates[0] * START), ops.convert_to_tensor(START)

    def wrong(noisy, time, condition=None):
        return Estimate(ops.convert_to_tensor(CLEAN + error), ops.zeros_like(noisy))

    following, _ = Cold(algorithm, clip=None).step(wrong, path, state, 4, None, None)
    factor = there if share == "next" else there - here
    right = there * CLEAN + rates[1] * START
    np.testing.assert_allclose(ops.convert_to_numpy(following) - right, factor * error, atol=2e-6)


def test_wrong_arguments_are_refused_with_a_sentence():
    with pytest.raises(ValueError, match="`algorithm` must be 1 or 2"):
        Cold(3)
    with pytest.raises(ValueError, match="`noise` must be one of"):
        Cold(noise="drawn")
    with pytest.raises(ValueError, match="`clip` must be a pair"):
        Cold(clip=(1.0, 0.0))
