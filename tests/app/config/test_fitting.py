"""Choices of a process that do not fit, against what schedules, targets and samplers do."""

import dataclasses

import numpy as np
import pytest

from app import config
from app.build.diffusion import build_schedule
from app.config.fitting import KINDS, NOISE_TARGETS, STEPS_LIMIT, signal_targets
from app.diffusion.samplers import Cold
from app.diffusion.schedules import exploding, linear
from app.diffusion.target import Estimate
from app.diffusion.targets import TARGETS
from app.diffusion.times import Trajectory

RANDOM = np.random.default_rng(3)
CLEAN, NOISE = RANDOM.uniform(-1, 1, (2, 2, 4, 4, 1)).astype("float32")


def recipe(diffusion, **sampling):
    return config.Recipe(
        name="x", diffusion=config.Diffusion(**diffusion), sampling=config.Sampling(**sampling)
    )


def test_the_targets_named_are_those_that_find_the_image_where_there_is_no_signal():
    rates = np.zeros(2, "float32"), np.ones(2, "float32")
    for name, kind in TARGETS.items():
        target = kind()
        output = target.regression_target(CLEAN, NOISE, *rates)
        found = np.asarray(target.estimate(output, NOISE, *rates).clean)
        assert np.allclose(found, CLEAN, atol=1e-5) == (name not in NOISE_TARGETS), name
        assert kind.needs_signal == (name in NOISE_TARGETS)


@pytest.mark.parametrize("target", signal_targets("linear"))
def test_every_target_named_is_taken_with_a_chain_that_ends_without_signal(target):
    diffusion = config.Diffusion(zero_terminal=True, target=target)
    assert build_schedule(diffusion).signal_rates[-1] == 0


def test_leading_spacing_is_taken_where_it_starts_at_the_last_step_and_refused_elsewhere():
    process = {"steps": 10, "zero_terminal": True, "target": "velocity"}
    for steps in range(1, 11):
        start = int(Trajectory(linear(10), steps, "leading").step(0))
        if start == 10:
            recipe(process, steps=steps, spacing="leading")
            continue
        with pytest.raises(ValueError, match=r"leading starts below.*Take .* trailing or linspace"):
            recipe(process, steps=steps, spacing="leading")
    for spacing in ("trailing", "linspace"):
        assert int(Trajectory(linear(10), 4, spacing).step(0)) == 10
        recipe(process, steps=4, spacing=spacing)


@pytest.mark.parametrize("schedule", KINDS)
def test_leading_spacing_goes_with_schedules_that_leave_some_signal(schedule):
    target = signal_targets(schedule)[0]
    process = {"schedule": schedule, "target": target}
    if KINDS[schedule] == "preserving":
        recipe(process, spacing="leading")
        return
    with pytest.raises(ValueError, match=f"`diffusion.schedule` {schedule}.*Take .* trailing"):
        recipe(process, spacing="leading")


@pytest.mark.parametrize("schedule", ["exploding", "karras"])
def test_a_kept_start_is_refused_where_sampling_starts_from_larger_noise(schedule):
    process = {"schedule": schedule, "target": "edm", "noise": "images"}
    with pytest.raises(ValueError, match="cold with `cold_noise` kept.* estimated, or the sampler"):
        recipe(process, sampler="cold")
    recipe(process, sampler="cold", cold_noise="estimated")
    recipe({**process, "schedule": "flow"}, sampler="cold")
    for sampler in ("heun", "euler", "ddim", "dpm_solver"):
        recipe(process, sampler=sampler)


def test_a_kept_start_of_larger_noise_loses_the_image_that_an_exact_restoration_finds():
    schedule = exploding(10, 0.1, 20.0)

    def exact(noisy, time, condition=None):
        rate = np.float32(schedule.noise_rates)[np.round(np.asarray(time) * 10).astype(int)]
        return Estimate(CLEAN, (noisy - CLEAN) / rate[:, None, None, None])

    def restored(noise):
        trajectory = Trajectory(schedule, 10)
        images = Cold(2, noise, None)
        state = images.state_of(schedule.start_rate * NOISE)
        for index in range(10):
            state = images.step(exact, trajectory, state, index, None, None)
        return np.asarray(images.images_of(state))

    assert np.allclose(restored("estimated"), CLEAN, atol=1e-4)
    assert np.abs(restored("kept") - CLEAN).mean() > 1


def test_the_longest_chain_is_the_longest_that_the_trajectory_can_count():
    assert 2 * STEPS_LIMIT**2 < 2**31 <= 2 * (STEPS_LIMIT + 1) ** 2
    longest = config.Diffusion(steps=STEPS_LIMIT, schedule="flow", target="flow")
    assert int(Trajectory(build_schedule(longest), STEPS_LIMIT).step(0)) == STEPS_LIMIT
    with pytest.raises(ValueError, match=r"`steps` must be in \[1, 32767\]. Received: 50000"):
        dataclasses.replace(longest, steps=50000)


def test_the_help_of_the_transformer_names_the_published_sizes():
    from app.models.dit import SIZES

    text = " ".join(config.DiT.__doc__.split())
    for name, size in SIZES.items():
        assert f"{name}: {size['width']}, {size['depth']}, {size['heads']}" in text
