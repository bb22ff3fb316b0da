import json

import keras
import numpy as np
import pytest
from keras import ops

from app.diffusion import schedules
from app.diffusion.denoiser import denoiser
from app.diffusion.targets import TARGETS
from tests import oracles

RANDOM = np.random.default_rng(0)
CLEAN, NOISE = RANDOM.normal(size=(2, 4, 3, 3, 1)).astype("float32")
SIGNAL = np.array([0.9999, 0.8, 0.3, 0.05], "float32")
RATE = np.sqrt(1 - SIGNAL.astype("float64") ** 2).astype("float32")


def column(rate):
    return rate.reshape(-1, 1, 1, 1)


PLAIN = ("noise", "clean", "velocity")  # the others: test_continuous_targets.py


@pytest.mark.parametrize("name", PLAIN)
def test_the_right_output_gives_back_clean_image_and_noise(name):
    target = TARGETS[name]()
    noisy = column(SIGNAL) * CLEAN + column(RATE) * NOISE
    output = target.regression_target(CLEAN, NOISE, SIGNAL, RATE)
    clean, noise = target.estimate(output, noisy, SIGNAL, RATE)
    # A float32 divided by the smaller rate: 0.05 for the clean image, 0.014 for the noise.
    np.testing.assert_allclose(ops.convert_to_numpy(clean), CLEAN, atol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(noise), NOISE, atol=3e-5)


@pytest.mark.parametrize("name", PLAIN)
def test_estimates_agree_with_numpy(name):
    output = RANDOM.normal(size=CLEAN.shape)
    noisy = RANDOM.normal(size=CLEAN.shape)
    expected = oracles.estimates(name, output, noisy, column(SIGNAL).astype("float64") ** 2)
    inputs = (output.astype("float32"), noisy.astype("float32"), SIGNAL, RATE)
    for actual, wanted in zip(TARGETS[name]().estimate(*inputs), expected, strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(actual), wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize(("signal", "rate"), [(1.0, 0.0), (0.0, 1.0), (1e-11, 1.0)])
def test_both_ends_are_finite(name, signal, rate):
    target = TARGETS[name]()
    rates = [ops.full((4,), value, dtype="float32") for value in (signal, rate)]
    noisy = signal * CLEAN + rate * NOISE
    output = target.regression_target(CLEAN, NOISE, *rates)
    estimate = target.estimate(output, noisy, *rates)
    assert all(np.all(np.isfinite(ops.convert_to_numpy(value))) for value in estimate)
    if name == "noise" and signal == 0.0:
        assert np.all(ops.convert_to_numpy(estimate.clean) == 0.0)
    if name == "velocity":
        np.testing.assert_allclose(ops.convert_to_numpy(estimate.clean), CLEAN, atol=1e-6)


@pytest.mark.parametrize("steps", [10, 1000, 5000])
def test_network_time_is_the_whole_step_index(steps):
    time = np.arange(1, steps + 1).astype("float32") / np.float32(steps)
    result = TARGETS["noise"]().network_time(time, schedules.cosine(steps))
    np.testing.assert_array_equal(ops.convert_to_numpy(result), np.arange(steps))


def test_the_denoiser_hands_the_network_what_it_was_trained_on():
    seen = {}

    def network(noisy, time, condition=None, training=False):
        seen.update(noisy=noisy, time=time, condition=condition, training=training)
        return ops.cast(noisy, "float16")

    schedule = schedules.linear(10, scaled=False)
    denoise = denoiser(network, TARGETS["noise"](), schedule, training=True)
    time = np.array([0.1, 0.5, 0.7, 1.0], "float32")
    estimate = denoise(CLEAN, time, "a condition")
    assert seen["condition"] == "a condition" and seen["training"] is True
    np.testing.assert_array_equal(ops.convert_to_numpy(seen["time"]), [0.0, 4.0, 6.0, 9.0])
    assert keras.backend.standardize_dtype(estimate.clean.dtype) == "float32"
    signal, rate = (
        column(schedule.signal_rates[[1, 5, 7, 10]]),
        column(schedule.noise_rates[[1, 5, 7, 10]]),
    )
    both = signal * ops.convert_to_numpy(estimate.clean) + rate * ops.convert_to_numpy(
        estimate.noise
    )
    np.testing.assert_allclose(both, CLEAN, atol=1e-5)


@pytest.mark.parametrize("name", TARGETS)
def test_targets_survive_json(name):
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(TARGETS[name]())))
    assert type(keras.saving.deserialize_keras_object(config)) is TARGETS[name]
