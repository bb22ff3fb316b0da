"""DPM-Solver++(2M) against diffusers' goldens, numpy in float64, and what is known of it."""

from pathlib import Path

import numpy as np
import pytest
from keras import ops

from app.diffusion import schedules
from app.diffusion.denoiser import denoiser
from app.diffusion.samplers import DDIM, DPMSolver
from app.diffusion.targets import TARGETS, Estimate
from app.diffusion.times import Trajectory
from tests import oracles
from tests.app.diffusion.dpm_solver_cases import CASES, START, output
from tests.app.diffusion.modes import compiled

GOLDENS = np.load(Path(__file__).parent / "fixtures" / "dpm_solver.npz")
LINEAR = schedules.linear()
TOTAL = 24


def network(noisy, time, condition=None, training=False):
    """The model of the goldens."""
    return output(noisy, ops.reshape(time, (-1, 1, 1, 1)), ops.sin)


def sample(sampler, steps, target, schedule=LINEAR, **path):
    denoise = denoiser(network, TARGETS[target](), schedule)
    trajectory = Trajectory(schedule, steps, **path)
    return ops.convert_to_numpy(sampler(denoise, trajectory, START, 0, 0))


@pytest.mark.parametrize("name", CASES)
def test_diffusers_goldens(name):
    case = CASES[name]
    path = {"spacing": case["spacing"], "final": case["final"]}
    found = sample(DPMSolver(None), case["count"], case["target"], **path)
    print("largest difference", np.abs(found - GOLDENS[name]).max())
    np.testing.assert_allclose(found, GOLDENS[name], rtol=1e-4, atol=1e-4)
    # DDIM's end is another: the goldens can tell.
    other = sample(DDIM(clip=None), case["count"], case["target"], **path)
    assert np.abs(other - GOLDENS[name]).max() > 0.01


def test_diffusers_goldens_of_zero_terminal_snr():
    # diffusers computes the table in float32.
    schedule = LINEAR.zero_terminal()
    np.testing.assert_allclose(
        schedule.betas[::10], GOLDENS["zero_terminal_betas"], rtol=1e-3, atol=2e-7
    )
    found = sample(DDIM(clip=None), 10, "velocity", schedule)
    np.testing.assert_allclose(found, GOLDENS["zero_terminal_ddim"], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("clip", "target", "spacing", "final", "scaled"),
    [
        (None, "noise", "trailing", "clean", True),
        ((-0.1, 0.15), "velocity", "trailing", "clean", True),
        ((-0.1, 0.15), "clean", "linspace", "first", False),
        (None, "velocity", "leading", "first", True),
    ],
)
def test_agreement_with_numpy_step_for_step(clip, target, spacing, final, scaled):
    schedule = schedules.linear(TOTAL, scaled=scaled)
    denoise = denoiser(network, TARGETS[target](), schedule)
    sampler = DPMSolver(clip)

    @compiled
    def run(steps):
        return sampler(denoise, Trajectory(schedule, steps, spacing, final), START, 0, 0)

    for steps in (24, 16, 12, 7, 3, 1):
        expected = oracles.dpm_solver(
            lambda noisy, time: output(noisy, time, np.sin),
            target,
            schedule.betas,
            oracles.visited(TOTAL, steps, spacing),
            START,
            clip=clip,
            final=final,
        )
        found = ops.convert_to_numpy(run(ops.convert_to_tensor(steps, dtype="int32")))
        np.testing.assert_allclose(found, expected, rtol=5e-5, atol=5e-5, err_msg=f"{steps} steps")


@pytest.mark.parametrize("first_step", [3, 7])
def test_a_start_within_the_chain_is_a_first_step(first_step):
    schedule = schedules.linear(TOTAL, scaled=True)
    denoise = denoiser(network, TARGETS["velocity"](), schedule)
    path = Trajectory(schedule, 12)
    found = DPMSolver(None)(denoise, path, START, 0, 0, first_step=first_step)
    expected = oracles.dpm_solver(
        lambda noisy, time: output(noisy, time, np.sin),
        "velocity",
        schedule.betas,
        oracles.visited(TOTAL, 12, "trailing")[first_step:],
        START,
    )
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=5e-5, atol=5e-5)


@pytest.mark.parametrize("clip", [None, (-1.0, 1.0)], ids=str)
def test_one_and_two_steps_are_those_of_ddim(clip):
    for steps in (1, 2):
        solver = sample(DPMSolver(clip), steps, "velocity")
        np.testing.assert_allclose(
            solver, sample(DDIM(clip=clip), steps, "velocity"), rtol=1e-5, atol=1e-5
        )


def test_an_estimate_that_never_changes_is_ddims_path():
    def constant(noisy, time, condition=None):
        rate = ops.reshape(LINEAR.noise_rate(time), (-1, 1, 1, 1))
        signal = ops.reshape(LINEAR.signal_rate(time), (-1, 1, 1, 1))
        return Estimate(0.3 * ops.ones_like(noisy), (noisy - 0.3 * signal) / rate)

    path = Trajectory(LINEAR, 9, final="first")
    solver, ddim = (
        ops.convert_to_numpy(sampler(constant, path, START, 0, 0))
        for sampler in (DPMSolver(None), DDIM(clip=None))
    )
    np.testing.assert_allclose(solver, ddim, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("target", ["velocity", "clean"])
def test_the_first_estimate_of_zero_terminal_snr_hardly_counts(target):
    schedule = LINEAR.zero_terminal()
    found = sample(DPMSolver(None), 20, target, schedule)
    # The float64 reference takes the log-SNR of no signal as -inf: ratio 0 in the second step.
    expected = oracles.dpm_solver(
        lambda noisy, time: output(noisy, time, np.sin),
        target,
        schedule.betas,
        oracles.visited(1000, 20, "trailing"),
        START,
    )
    print("largest difference", np.abs(found - expected).max())
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)
    assert np.all(np.isfinite(found))
