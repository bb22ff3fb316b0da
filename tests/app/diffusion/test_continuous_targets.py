"""EDM, flow and score: the papers' own formulas in numpy, round trips, ends without division."""

import numpy as np
import pytest
from keras import ops

from app.diffusion import schedules
from app.diffusion.continuous_targets import EDMTarget, FlowTarget, ScoreTarget
from app.diffusion.targets import TARGETS, VelocityTarget

RANDOM = np.random.default_rng(1)
CLEAN, NOISE, OUTPUT = RANDOM.normal(size=(3, 4, 3, 3, 1)).astype("float32")
ONES = np.ones(4, "float32")
LEVELS = np.array([0.002, 0.3, 5.0, 80.0], "float32")


def column(rate):
    return np.asarray(rate, "float64").reshape(-1, 1, 1, 1)


def test_edm_is_its_papers_table():
    """c_skip, c_out, c_in, c_noise and lambda as in table 1, on noise levels."""
    d, sigma = 0.62, column(LEVELS)
    skip, out = d**2 / (sigma**2 + d**2), sigma * d / np.sqrt(sigma**2 + d**2)
    noisy = CLEAN + sigma * NOISE
    target = EDMTarget(d)
    given = noisy.astype("float32")
    seen = ops.convert_to_numpy(target.network_input(given, ONES, LEVELS))
    np.testing.assert_allclose(seen, noisy / np.sqrt(sigma**2 + d**2), rtol=1e-5)
    wanted = ops.convert_to_numpy(target.regression_target(CLEAN, NOISE, ONES, LEVELS))
    np.testing.assert_allclose(wanted, (CLEAN - skip * noisy) / out, rtol=2e-3, atol=2e-3)
    clean, noise = target.estimate(OUTPUT, given, ONES, LEVELS)
    expected = skip * noisy + out * OUTPUT
    np.testing.assert_allclose(ops.convert_to_numpy(clean), expected, rtol=1e-4, atol=1e-4)
    # The noise of 0.002 is what is left when the clean image is taken away.
    np.testing.assert_allclose(
        ops.convert_to_numpy(noise), (noisy - expected) / sigma, rtol=2e-3, atol=2e-3
    )
    # lambda |clean estimate - clean|^2 is the squared error of the output.
    weight = (sigma**2 + d**2) / (sigma * d) ** 2
    np.testing.assert_allclose(
        weight * (expected - CLEAN) ** 2, (OUTPUT - wanted) ** 2, rtol=2e-2, atol=1e-3
    )
    schedule = schedules.karras()
    time = np.array([1 / 1000, 0.5, 1.0], "float32")
    levels = schedule.noise_rates[[1, 500, 1000]]
    np.testing.assert_allclose(
        ops.convert_to_numpy(target.network_time(time, schedule)), np.log(levels) / 4, rtol=1e-5
    )


def test_edm_asks_for_unit_variance_at_every_level():
    clean = 0.62 * RANDOM.normal(size=(4, 50, 50, 1)).astype("float32")
    noise = RANDOM.normal(size=clean.shape).astype("float32")
    for signal in (ONES, np.sqrt(1 - np.array([0.0, 0.1, 0.9, 1.0]) ** 2).astype("float32")):
        rate = LEVELS if signal is ONES else np.array([0.0, 0.1, 0.9, 1.0], "float32")
        target = EDMTarget(0.62)
        noisy = (column(signal) * clean + column(rate) * noise).astype("float32")
        for images in (
            target.network_input(noisy, signal, rate),
            target.regression_target(clean, noise, signal, rate),
        ):
            deviation = ops.convert_to_numpy(images).std(axis=(1, 2, 3))
            np.testing.assert_allclose(deviation, 1.0, atol=0.06)


def test_edm_of_unit_data_is_the_velocity_with_its_sign_turned():
    signal = np.array([1.0, 0.8, 0.3, 0.0], "float32")
    rate = np.sqrt(1 - signal.astype("float64") ** 2).astype("float32")
    one, two = (
        target.regression_target(CLEAN, NOISE, signal, rate)
        for target in (EDMTarget(1.0), VelocityTarget())
    )
    np.testing.assert_allclose(ops.convert_to_numpy(one), -ops.convert_to_numpy(two), atol=1e-6)


@pytest.mark.parametrize("name", ["edm", "flow", "score"])
@pytest.mark.parametrize("kind", ["preserving", "exploding", "flow"])
def test_the_right_output_gives_back_clean_image_and_noise(name, kind):
    target = TARGETS[name]()
    signal = {"exploding": ONES}.get(kind, np.array([0.999, 0.8, 0.3, 0.05], "float32"))
    rate = {"exploding": LEVELS, "flow": 1 - signal}.get(kind, np.sqrt(1 - signal**2))
    noisy = (column(signal) * CLEAN + column(rate) * NOISE).astype("float32")
    output = target.regression_target(CLEAN, NOISE, signal, rate)
    clean, noise = (
        ops.convert_to_numpy(value) for value in target.estimate(output, noisy, signal, rate)
    )
    # Numbers of 80 keep five digits of the image, numbers of 1 three of noise of 0.002.
    np.testing.assert_allclose(clean, CLEAN, atol=1e-4)
    np.testing.assert_allclose(noise, NOISE, atol=1e-3)
    both = column(signal) * clean + column(rate) * noise
    np.testing.assert_allclose(both, noisy, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["edm", "flow"])
@pytest.mark.parametrize(("signal", "rate"), [(1.0, 0.0), (0.0, 1.0)])
def test_both_ends_are_exact(name, signal, rate):
    target = TARGETS[name]()
    rates = [ops.full((4,), value, dtype="float32") for value in (signal, rate)]
    noisy = signal * CLEAN + rate * NOISE
    output = target.regression_target(CLEAN, NOISE, *rates)
    clean, noise = target.estimate(output, noisy, *rates)
    np.testing.assert_allclose(ops.convert_to_numpy(clean), CLEAN, atol=1e-6)
    np.testing.assert_allclose(ops.convert_to_numpy(noise), NOISE, atol=1e-6)


def test_flow_on_the_line_is_the_difference():
    # At time 0.25: noisy = 0.75 clean + 0.25 noise.
    noisy = 0.75 * CLEAN + 0.25 * NOISE
    clean, noise = FlowTarget().estimate(OUTPUT, noisy, 0.75, 0.25)
    np.testing.assert_allclose(ops.convert_to_numpy(clean), noisy - 0.25 * OUTPUT, atol=1e-6)
    np.testing.assert_allclose(ops.convert_to_numpy(noise), noisy + 0.75 * OUTPUT, atol=1e-6)


def test_the_score_of_gaussian_data():
    # Data N(0, 0.7^2): the score of noisy images is -noisy / (0.7^2 + sigma^2); clean = its mean.
    sigma = column(LEVELS)
    noisy = (CLEAN * 0.7 + sigma * NOISE).astype("float32")
    output = (sigma * -noisy / (0.49 + sigma**2)).astype("float32")
    clean, _ = ScoreTarget().estimate(output, noisy, ONES, LEVELS)
    expected = 0.49 / (0.49 + sigma**2) * noisy
    np.testing.assert_allclose(ops.convert_to_numpy(clean), expected, rtol=1e-3, atol=2e-5)


def test_unsound_schedules_are_refused_with_a_sentence():
    for name, schedule in (
        ("noise", schedules.karras(10)),
        ("velocity", schedules.flow(10)),
        ("flow", schedules.exploding(10)),
        ("score", schedules.flow(10)),
    ):
        with pytest.raises(ValueError, match="Take target 'edm'"):
            TARGETS[name]().check(schedule)
    for name in ("noise", "score"):
        with pytest.raises(ValueError, match="Pass target 'velocity', 'clean'"):
            TARGETS[name]().check(schedules.linear(10).zero_terminal())
    for name in ("velocity", "clean", "flow", "edm"):
        TARGETS[name]().check(schedules.linear(10).zero_terminal())
    with pytest.raises(ValueError, match="`sigma_data` must be above 0"):
        EDMTarget(0.0)
