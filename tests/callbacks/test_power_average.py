import keras
import numpy as np
import pytest

from callbacks import PowerFunctionAverage
from callbacks.power_average import exponent_of
from tests.callbacks.models import Recorder, bits_equal, fit, largest_difference, linear


def shares(updates, exponent, total=None):
    """The power function over the steps 1..total, float64: exact integrals over each step."""
    total = total or updates
    ends = np.minimum(np.arange(total + 1, dtype="float64"), updates) / updates
    return np.diff(ends ** (exponent + 1))


def averaged(steps, exponent):
    """The average of a recorded trajectory as one weighted sum, not step by step."""
    weights = shares(len(steps), exponent)
    return [
        np.tensordot(weights, np.array(values, "float64"), 1) for values in zip(*steps, strict=True)
    ]


# From the published definition: sigma_rel^2 = (g + 1) / ((g + 2)^2 (g + 3)), solved by hand for
# g = 1: 2 / (9 * 4) = 1 / 18, and g = 7: 8 / (81 * 10).
@pytest.mark.parametrize(
    ("sigma_rel", "exponent"),
    [(18**-0.5, 1.0), ((8 / 810) ** 0.5, 7.0), (0.05, 16.97), (0.10, 6.94)],
)
def test_exponents_of_lengths(sigma_rel, exponent):
    assert exponent_of(sigma_rel) == pytest.approx(exponent, abs=5e-3)


@pytest.mark.parametrize("sigma_rel", [0.02, 0.05, 0.1, 0.25])
def test_length_is_the_standard_deviation_of_the_shares(sigma_rel):
    weights = shares(200_000, exponent_of(sigma_rel))
    times = (np.arange(200_000) + 0.5) / 200_000
    mean = weights @ times
    assert np.sqrt(weights @ (times - mean) ** 2) == pytest.approx(sigma_rel, rel=1e-4)


@pytest.mark.parametrize("arguments", [{}, {"jit_compile": True}, {"steps_per_execution": 3}])
@pytest.mark.parametrize("sigma_rel", [0.05, 0.25])
def test_average_of_a_recorded_trajectory(sigma_rel, arguments):
    recorder, average = Recorder(), PowerFunctionAverage(sigma_rel)
    plain = linear(keras.optimizers.SGD(0.01))
    fit(plain, recorder, epochs=5)  # 30 steps
    model = linear(keras.optimizers.SGD(0.01), **arguments)
    fit(model, average, epochs=5)
    assert average.updates == 30
    expected = averaged(recorder.steps, exponent_of(sigma_rel))
    # float32, 30 roundings of weights of size 1, and XLA may fuse the training step otherwise
    assert largest_difference(average.weights(), expected) < 5e-6
    assert np.abs(np.array(expected[0]) - recorder.steps[-1][0]).max() > 1e-3, "no trivial case"


def test_after_one_change_it_is_the_weights():
    model, average = linear(), PowerFunctionAverage(0.1)
    fit(model, average, epochs=1, steps_per_epoch=1)
    assert average.updates == 1
    assert largest_difference(average.weights(), model.get_weights()) < 1e-7


def test_constant_weights_stay_bit_for_bit():
    model = linear(keras.optimizers.SGD(0.0))
    start, average = model.get_weights(), PowerFunctionAverage(0.1)
    fit(model, average)
    assert bits_equal(average.weights(), start)


def test_accumulation_counts_changes_of_the_weights():
    model = linear(keras.optimizers.Adam(0.1, gradient_accumulation_steps=3))
    recorder, average = Recorder(), PowerFunctionAverage(0.2)
    fit(model, average, recorder)
    assert average.updates == 4
    expected = averaged(recorder.steps[2::3], exponent_of(0.2))
    assert largest_difference(average.weights(), expected) < 1e-6


@pytest.mark.parametrize("sigma_rel", [0, -0.1, 0.2887, 1, float("nan")])
def test_lengths_that_do_not_exist_are_refused(sigma_rel):
    with pytest.raises(ValueError, match=r"above 0 and below 0.2887.*Received: "):
        PowerFunctionAverage(sigma_rel)
