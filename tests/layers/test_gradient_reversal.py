import keras
import numpy as np
import pytest

from layers import GradReverse
from tests.checks import assert_close, check_layer

RANDOM = np.random.default_rng(0)
INPUTS = RANDOM.normal(size=(8, 3)).astype("float32")


def step(layer, jit=False, batches=1, steps_per_execution=1):
    """Gradient of sum(3 * layer(w * x)) by w, read off plain gradient descent from w = 1."""
    scale = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    model = keras.Sequential([scale, *([layer] if layer else [])])
    model.compile(
        keras.optimizers.SGD(1.0),
        lambda y, p: 3.0 * p,
        jit_compile=jit,
        steps_per_execution=steps_per_execution,
    )
    inputs = np.tile(INPUTS, (batches, 1))
    before = None
    model.build((None, 3))
    before = np.asarray(scale.kernel).copy()
    model.fit(inputs, np.zeros((len(inputs), 1)), batch_size=8, epochs=1, verbose=0, shuffle=False)
    return before - np.asarray(scale.kernel)


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("jit", [False, True])
def test_gradient_is_minus_strength_times_upstream(strength, jit):
    expected = 3 * INPUTS.mean(axis=0, keepdims=True).T
    assert_close(step(None, jit), expected, 1e-6)
    assert_close(step(GradReverse(strength), jit), -strength * expected, 1e-6)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_forward_is_bit_exact(dtype):
    inputs = keras.ops.cast(INPUTS * 10, dtype)
    outputs = GradReverse(0.7, dtype=dtype)(inputs)
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(keras.ops.cast(outputs, "float32")),
        keras.ops.convert_to_numpy(keras.ops.cast(inputs, "float32")),
    )


def test_ramp_follows_dann():
    layer = GradReverse(strength=2.0, ramp_steps=10)
    for done in range(13):
        progress = min(done / 10, 1)
        expected = 2.0 * (2 / (1 + np.exp(-10 * progress)) - 1)
        assert_close(layer.current_strength(), expected, 1e-6)
        layer(INPUTS, training=True)
        layer(INPUTS)
        layer(INPUTS, training=False)
    assert int(layer.steps) == 13


@pytest.mark.parametrize("steps_per_execution", [1, 4])
def test_ramp_within_fit_sums_the_schedule(steps_per_execution):
    layer = GradReverse(ramp_steps=10)
    moved = step(layer, batches=8, steps_per_execution=steps_per_execution)
    total = sum(2 / (1 + np.exp(-n)) - 1 for n in range(8))
    assert_close(moved, -3 * total * INPUTS.mean(axis=0, keepdims=True).T, 1e-5)
    assert int(layer.steps) == 8


def test_the_counter_is_saved(tmp_path):
    model = keras.Sequential([keras.Input((3,)), GradReverse(ramp_steps=10)])
    model(INPUTS, training=True)
    model(INPUTS, training=True)
    model.save(tmp_path / "model.keras")
    revived = keras.models.load_model(tmp_path / "model.keras")
    assert int(revived.layers[0].steps) == 2


def test_trains_in_mixed_precision():
    layer = GradReverse(0.5, ramp_steps=4, dtype="mixed_float16")
    model = keras.Sequential([keras.layers.Dense(2, dtype="mixed_float16"), layer])
    model.compile("sgd", "mse")
    model.fit(INPUTS, np.zeros((8, 2)), verbose=0)
    assert int(layer.steps) == 1
    assert all(np.all(np.isfinite(weight)) for weight in model.get_weights())


@pytest.mark.parametrize("arguments", [{}, {"strength": 0.3, "ramp_steps": 5}])
def test_layer_contract(arguments, tmp_path):
    check_layer(GradReverse, arguments, INPUTS, output_shape=(8, 3), tmp_path=tmp_path)


def test_refuses_bad_arguments():
    with pytest.raises(ValueError, match="strength=-1"):
        GradReverse(-1)
    with pytest.raises(ValueError, match="ramp_steps=0"):
        GradReverse(ramp_steps=0)
