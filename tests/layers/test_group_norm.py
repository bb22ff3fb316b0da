import keras
import numpy as np
import pytest

from layers import GroupNormalization
from layers.group_norm import dividing_groups
from tests.checks import assert_close, check_layer


def oracle(values, groups, epsilon, scale=1.0, offset=0.0):
    """Group normalization in float64, written as in the paper."""
    values = np.asarray(values, "float64")
    batch, channels = values.shape[0], values.shape[-1]
    grouped = values.reshape(batch, -1, groups, channels // groups)
    mean = grouped.mean(axis=(1, 3), keepdims=True)
    variance = ((grouped - mean) ** 2).mean(axis=(1, 3), keepdims=True)
    normal = (grouped - mean) / np.sqrt(variance + epsilon)
    return normal.reshape(values.shape) * scale + offset


def weighted(layer, shape, random):
    layer.build(shape)
    scale, offset = random.normal(size=(2, shape[-1]))
    layer.set_weights([scale, offset])
    return scale, offset


@pytest.mark.parametrize(
    "shape, groups", [((2, 5, 6, 8), 4), ((2, 4, 4, 6), 6), ((3, 7, 12), 1), ((2, 3, 3, 12), 4)]
)
def test_equals_the_formula(shape, groups):
    random = np.random.default_rng(0)
    values = random.normal(0.5, 2.0, size=shape).astype("float32")
    layer = GroupNormalization(groups, epsilon=1e-3)
    scale, offset = weighted(layer, shape, random)
    assert_close(layer(values), oracle(values, groups, 1e-3, scale, offset), 3e-6)


def test_equals_the_stock_layer():
    random = np.random.default_rng(1)
    values = random.normal(size=(2, 8, 8, 16)).astype("float32")
    stock = keras.layers.GroupNormalization(4, epsilon=1e-6)
    layer = GroupNormalization(4, epsilon=1e-6)
    weights = weighted(layer, values.shape, random)
    stock.build(values.shape)
    stock.set_weights(weights)
    assert_close(layer(values), keras.ops.convert_to_numpy(stock(values)), 2e-6)


def test_safe_when_the_mean_is_large_against_the_spread():
    # E[x^2] - E[x]^2 in float32 loses all digits here: 1e6 has a spacing of 0.06 in float32.
    values = (1000 + np.random.default_rng(2).normal(size=(2, 8, 8, 8))).astype("float32")
    actual = GroupNormalization(2)(values)
    assert_close(actual, oracle(values, 2, 1e-6), 2e-4)


def test_statistics_are_float32_in_half_precision():
    # The sum of squares, 512 * 300^2, overflows float16.
    values = np.random.default_rng(3).normal(0, 300, size=(1, 8, 8, 8)).astype("float16")
    actual = GroupNormalization(1, dtype="mixed_float16")(values)
    assert_close(actual, oracle(values, 1, 1e-6), 3e-3)


def test_gradients_equal_the_stock_layer():
    """One step of plain gradient descent moves both the same way, the input's weights too."""
    random = np.random.default_rng(4)
    values = random.normal(size=(4, 5, 5, 3)).astype("float32")
    target = random.normal(size=(4, 5, 5, 8)).astype("float32")
    results = []
    weights = None
    for norm in (GroupNormalization(2), keras.layers.GroupNormalization(2, epsilon=1e-6)):
        model = keras.Sequential([keras.layers.Conv2D(8, 1), norm])
        model.compile(keras.optimizers.SGD(1.0), "mse")
        model.build(values.shape)
        weights = weights or [random.normal(size=w.shape) for w in model.get_weights()]
        model.set_weights(weights)
        model.train_on_batch(values, target)
        results.append(model.get_weights())
    for actual, expected in zip(*results, strict=True):
        assert_close(actual, expected, 3e-6)


def gradients(values, upstream, groups, epsilon, scale, offset, jit=False):
    """Of sum(upstream * layer(values)) by values, scale and offset."""
    layer = GroupNormalization(groups, epsilon)
    layer.build(values.shape)
    layer.set_weights([scale, offset])
    weights = [weight.value for weight in layer.trainable_variables]
    if keras.backend.backend() == "jax":
        import jax

        def total(values, weights):
            outputs, _ = layer.stateless_call(weights, [], values)
            return keras.ops.sum(outputs * upstream)

        differentiate = jax.grad(total, argnums=(0, 1))
        of_values, of_weights = (jax.jit(differentiate) if jit else differentiate)(values, weights)
        return [of_values, *of_weights]
    import tensorflow as tf

    @tf.function(jit_compile=jit)
    def differentiate(values):
        with tf.GradientTape() as tape:
            tape.watch(values)
            total = tf.reduce_sum(layer(values) * upstream)
        return tape.gradient(total, [values, *weights])

    return differentiate(tf.constant(values))


def differences(function, values, step=1e-5):
    """Central differences of a function of one array, in float64."""
    values = np.asarray(values, "float64")
    result = np.zeros_like(values)
    for index in np.ndindex(values.shape):
        shift = np.zeros_like(values)
        shift[index] = step
        result[index] = (function(values + shift) - function(values - shift)) / (2 * step)
    return result


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize(
    "shape, groups, mean",
    [((2, 3, 4, 6), 3, 0.5), ((3, 5, 4), 1, 0.5), ((2, 2, 3, 4), 4, 0.5), ((2, 3, 3, 4), 2, 500)],
)
def test_gradients_equal_finite_differences(shape, groups, mean, jit):
    random = np.random.default_rng(6)
    values = random.normal(mean, 2.0, size=shape).astype("float32")
    upstream = random.normal(0.3, 1.0, size=shape).astype("float32")
    scale, offset = random.normal(size=(2, shape[-1]))

    def total(values, scale, offset):
        return (upstream * oracle(values, groups, 1e-2, scale, offset)).sum()

    expected = [
        differences(lambda values: total(values, scale, offset), values),
        differences(lambda scale: total(values, scale, offset), scale),
        differences(lambda offset: total(values, scale, offset), offset),
    ]
    actual = gradients(values, upstream, groups, 1e-2, scale, offset, jit)
    for one, other in zip(actual, expected, strict=True):
        assert_close(one, other, 1e-5 if mean < 1 else 2e-4)


def test_groups_fall_back_to_a_divisor():
    assert [dividing_groups(32, c) for c in (128, 32, 16, 48, 3)] == [32, 32, 16, 24, 3]


def test_layer_contract(tmp_path):
    values = np.random.default_rng(5).normal(size=(2, 4, 4, 8)).astype("float32")
    check_layer(
        GroupNormalization, {"groups": 4}, values, output_shape=(2, 4, 4, 8), tmp_path=tmp_path
    )


def test_refuses_bad_arguments():
    with pytest.raises(ValueError, match="groups=0"):
        GroupNormalization(0)
    with pytest.raises(ValueError, match="epsilon=0"):
        GroupNormalization(4, epsilon=0)
    with pytest.raises(ValueError, match="at least 3 axes"):
        GroupNormalization(4)(np.zeros((2, 8)))
