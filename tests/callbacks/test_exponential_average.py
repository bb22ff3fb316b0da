import keras
import numpy as np
import pytest

from callbacks import ExponentialMovingAverage
from tests.callbacks.models import (
    CLEAN,
    SUMS,
    Recorder,
    bits_equal,
    fit,
    largest_difference,
    linear,
)


def replay(start, steps, decay, warmup=True):
    """The average in NumPy float64 from the recorded weights of every step."""
    average = [np.array(value, "float64") for value in start]
    for n, weights in enumerate(steps):
        rate = min(decay, (1 + n) / (10 + n)) if warmup else decay
        average = [rate * a + (1 - rate) * w for a, w in zip(average, weights, strict=True)]
    return average


@pytest.mark.parametrize(
    ("decay", "warmup", "compile_arguments"),
    [
        (0.5, True, {}),
        (0.9, False, {"jit_compile": True}),
        (0.5, True, {"run_eagerly": True}),
    ],
)
def test_replay_of_a_real_run(decay, warmup, compile_arguments):
    model, recorder = linear(**compile_arguments), Recorder()
    start = model.get_weights()
    average = ExponentialMovingAverage(decay, warmup)
    fit(model, average, recorder)
    assert average.updates == 12
    expected = replay(start, recorder.steps, decay, warmup)
    assert largest_difference(average.weights(), expected) < 1e-6
    assert bits_equal(model.get_weights(), recorder.steps[-1]), "fit leaves the raw weights"


def test_constant_weights_stay_bit_for_bit():
    model = linear(keras.optimizers.SGD(0.0))
    start = model.get_weights()
    average = ExponentialMovingAverage(0.999)
    fit(model, average)
    assert average.updates == 12
    assert bits_equal(average.weights(), start)


class Constant(keras.losses.Loss):
    """Gradient -1 for a single weight times input 1: the weight climbs by the learning rate."""

    def call(self, y_true, y_pred):
        return -y_pred


def test_linear_ramp_has_its_closed_form():
    # w_n = n: average_N = N - decay (1 - decay^N) / (1 - decay), started at w_0 = 0.
    keras.utils.set_random_seed(0)
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile(keras.optimizers.SGD(1.0), loss=Constant())
    average = ExponentialMovingAverage(0.8, warmup=False)
    model.fit(np.ones((20, 1)), np.ones((20, 1)), batch_size=1, verbose=0, callbacks=[average])
    np.testing.assert_allclose(model.get_weights()[0], [[20.0]])
    expected = 20 - 0.8 * (1 - 0.8**20) / 0.2
    np.testing.assert_allclose(average.weights()[0], [[expected]], rtol=1e-6)


def test_accumulation_counts_changes_of_the_weights():
    model = linear(keras.optimizers.Adam(0.1, gradient_accumulation_steps=3))
    start, recorder, average = model.get_weights(), Recorder(), ExponentialMovingAverage(0.5)
    fit(model, average, recorder)
    assert average.updates == 4
    expected = replay(start, recorder.steps[2::3], 0.5)
    assert largest_difference(average.weights(), expected) < 1e-6


def test_mixed_float16_keeps_float32_averages_and_skips_what_loss_scaling_skips():
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        model = linear(keras.optimizers.SGD(0.1))
    finally:
        keras.mixed_precision.set_global_policy("float32")
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    model.optimizer.initial_scale = 2.0**40  # overflows float16: the first steps are skipped
    start, recorder, average = model.get_weights(), Recorder(), ExponentialMovingAverage(0.5)
    fit(model, average, recorder, epochs=6)
    moved = [start, *recorder.steps]
    moved = [b for a, b in zip(moved, moved[1:], strict=False) if not bits_equal(a, b)]
    assert 0 < average.updates < 36
    assert average.updates == int(np.array(model.optimizer.iterations)) == len(moved)
    assert {value.dtype.name for value in average.weights()} == {"float32"}
    assert largest_difference(average.weights(), replay(start, moved, 0.5)) < 1e-6


def test_steps_per_execution_gives_the_same_average():
    one, three = ExponentialMovingAverage(0.5), ExponentialMovingAverage(0.5)
    fit(linear(), one)
    fit(linear(steps_per_execution=3), three)
    assert three.updates == 12
    assert largest_difference(one.weights(), three.weights()) < 1e-7


def test_fit_twice_goes_on_and_the_optimizer_is_left_as_found():
    model, recorder, average = linear(), Recorder(), ExponentialMovingAverage(0.9)
    start = model.get_weights()
    fit(model, average, recorder, validation_data=(CLEAN, SUMS))
    assert "apply" not in model.optimizer.__dict__
    assert not [v for v in model.optimizer.variables if "average" in v.path]
    fit(model, average, recorder)
    assert average.updates == 24
    assert largest_difference(average.weights(), replay(start, recorder.steps, 0.9)) < 1e-6
    fit(model)  # and a fit without the callback does not move it
    assert average.updates == 24


def test_two_averages_at_once_and_another_one_later():
    model, recorder = linear(), Recorder()
    start = model.get_weights()
    short, long = ExponentialMovingAverage(0.5), ExponentialMovingAverage(0.99, warmup=False)
    fit(model, short, long, recorder)
    assert largest_difference(short.weights(), replay(start, recorder.steps, 0.5)) < 1e-6
    assert largest_difference(long.weights(), replay(start, recorder.steps, 0.99, False)) < 1e-6
    start, later, recorder = model.get_weights(), ExponentialMovingAverage(0.2, False), Recorder()
    fit(model, later, recorder)
    assert largest_difference(later.weights(), replay(start, recorder.steps, 0.2, False)) < 1e-6


def test_a_model_without_input_shape():
    start = linear().get_weights()
    model, recorder, average = linear(built=False), Recorder(), ExponentialMovingAverage(0.5)
    fit(model, average, recorder)
    assert largest_difference(average.weights(), replay(start, recorder.steps, 0.5)) < 1e-6


def test_averages_are_optimizer_variables_while_fit_runs():
    seen = []
    average = ExponentialMovingAverage(0.5)
    look = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.extend(average.model.optimizer.variables)
    )
    fit(linear(), average, look, epochs=1)
    assert len([v for v in seen if "exponential_average" in v.path]) == 4


def test_swapped_evaluates_the_average_and_restores_bits():
    model, average = linear(), ExponentialMovingAverage(0.9)
    fit(model, average)
    raw, mean = model.get_weights(), average.weights()
    raw_output = model.predict(CLEAN, verbose=0)
    with average.swapped(model) as inside:
        assert inside is model
        assert bits_equal(model.get_weights(), mean)
        averaged_output = model.predict(CLEAN, verbose=0)
    assert np.abs(averaged_output - raw_output).max() > 1e-4
    assert bits_equal(model.get_weights(), raw)
    with pytest.raises(RuntimeError, match="sampler"), average.swapped(model):
        raise RuntimeError("sampler failed")
    assert bits_equal(model.get_weights(), raw)
    fit(model, average, epochs=1)  # a fit after swapping and failing works


def test_swap_at_end_leaves_the_average():
    model, average = linear(), ExponentialMovingAverage(0.9, swap_at_end=True)
    fit(model, average)
    assert bits_equal(model.get_weights(), average.weights())


def test_errors_are_sentences():
    with pytest.raises(ValueError, match=r"in \[0, 1\). Received: decay=1"):
        ExponentialMovingAverage(1)
    with pytest.raises(ValueError, match="no average yet"):
        ExponentialMovingAverage().weights()
    average = ExponentialMovingAverage()
    fit(linear(), average, epochs=1)
    with pytest.raises(ValueError, match="Received another model"), average.swapped(linear()):
        pass
    with pytest.raises(ValueError, match="call model.compile"):
        average.set_model(keras.Sequential([keras.layers.Dense(1)]))
