"""Every kernel against attention and its gradient in numpy float64."""

import keras
import numpy as np
import pytest
from keras import ops

from layers.attention_kernels import attend
from layers.memory_efficient_attention import memory_efficient_attention
from tests.checks import assert_close


def attention(query, key, value):
    """Output of attention and the weights of the values, from the formula."""
    scores = query @ np.swapaxes(key, -1, -2)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    return weights @ value, weights


def attention_gradients(query, key, value, upstream):
    """Gradients of sum(output * upstream), from the derivative of softmax."""
    _, weights = attention(query, key, value)
    to_weights = upstream @ np.swapaxes(value, -1, -2)
    to_scores = weights * (to_weights - (weights * to_weights).sum(-1, keepdims=True))
    to_value = np.swapaxes(weights, -1, -2) @ upstream
    return to_scores @ key, np.swapaxes(to_scores, -1, -2) @ query, to_value


class Parts(keras.Model):
    """Query, key and value as weights: one step of plain gradient descent reads the gradients."""

    def __init__(self, parts, function):
        super().__init__()
        self.parts = [
            self.add_weight(name=name, shape=part.shape, initializer="zeros")
            for name, part in zip(("query", "key", "value"), parts, strict=True)
        ]
        for variable, part in zip(self.parts, parts, strict=True):
            variable.assign(part)
        self.function = function

    def call(self, upstream):
        return self.function(*map(ops.convert_to_tensor, self.parts)) * upstream


def gradients(parts, upstream, function, jit):
    model = Parts(parts, function)
    model.compile(
        keras.optimizers.SGD(1.0), loss=lambda _, product: ops.sum(product), jit_compile=jit
    )
    model.train_on_batch(upstream, np.zeros(len(upstream)))
    return [part - np.asarray(weight) for part, weight in zip(parts, model.parts, strict=True)]


def drawn(queries, keys, scale=1.0):
    random = np.random.default_rng(queries)
    shapes = (queries, 8), (keys, 8), (keys, 6), (queries, 6)
    return [scale * random.normal(size=(3, *shape)) for shape in shapes]


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize(
    "queries, keys, chunk", [(16, 16, 4), (37, 37, 10), (13, 37, 8), (23, 7, 9), (5, 5, 512)]
)
def test_chunks_give_the_output_and_the_gradient_of_the_formula(queries, keys, chunk, jit):
    *parts, upstream = drawn(queries, keys)
    (expected, _), expected_gradients = attention(*parts), attention_gradients(*parts, upstream)
    parts = [part.astype("float32") for part in parts]

    def function(query, key, value):
        return memory_efficient_attention(query, key, value, chunk)

    assert_close(function(*map(ops.convert_to_tensor, parts)), expected, 1e-5)
    found = gradients(parts, upstream.astype("float32"), function, jit)
    for gradient, wanted in zip(found, expected_gradients, strict=True):
        assert_close(gradient, wanted, 1e-4)


def test_scores_far_from_zero_neither_overflow_nor_vanish():
    """Scores of some thousands: exp of them, and of their negatives, are beyond float32."""
    *parts, _ = drawn(11, 11, scale=30.0)
    expected, _ = attention(*parts)
    parts = [ops.convert_to_tensor(part.astype("float32")) for part in parts]
    assert_close(memory_efficient_attention(*parts, chunk=4), expected, 1e-3)


@pytest.mark.parametrize("shape", [(2, 30, 8), (2, 3, 30, 8)])
def test_standard_and_memory_efficient_agree_with_the_formula(shape):
    parts = np.random.default_rng(1).normal(size=(3, *shape))
    expected, _ = attention(parts[0] / np.sqrt(8), *parts[1:])
    parts = [ops.convert_to_tensor(part.astype("float32")) for part in parts]
    for kernel in ("standard", "memory_efficient"):
        assert_close(attend(*parts, kernel=kernel), expected, 1e-5)


@pytest.mark.parametrize("kernel", ["standard", "memory_efficient"])
def test_half_precision_agrees_with_the_formula(kernel):
    parts = np.random.default_rng(3).normal(size=(3, 2, 40, 8)).astype("float16")
    query, *others = parts.astype("float64")
    expected, _ = attention(query / np.sqrt(8), *others)
    read = attend(*map(ops.convert_to_tensor, parts), kernel=kernel)
    assert keras.backend.standardize_dtype(read.dtype) == "float16"
    assert_close(read, expected, 2e-3)


def test_half_precision_sums_in_float32():
    """A sum over 1,000 keys, tile by tile: in float16 it would be off by some thousandths."""
    *parts, _ = drawn(8, 1000)
    parts[2] += 3.0
    parts = [part.astype("float16") for part in parts]
    expected, _ = attention(*(part.astype("float64") for part in parts))
    read = memory_efficient_attention(*map(ops.convert_to_tensor, parts), chunk=10)
    assert keras.backend.standardize_dtype(read.dtype) == "float16"
    assert_close(read, expected, 1e-3)


def test_flash_runs_or_says_in_a_sentence_why_not():
    parts = np.random.default_rng(2).normal(size=(3, 2, 2, 64, 64))
    expected, _ = attention(parts[0] / 8, *parts[1:])
    parts = [ops.convert_to_tensor(part.astype("float16")) for part in parts]
    try:
        assert_close(attend(*parts, kernel="flash"), expected, 1e-2)
    except ValueError as error:
        assert "flash cannot run here, on" in str(error)
        assert "Use the kernel memory_efficient or standard" in str(error)


def test_refuses_bad_arguments():
    with pytest.raises(ValueError, match="kernel='fast'"):
        attend(*np.zeros((3, 1, 4, 8)), kernel="fast")
    with pytest.raises(ValueError, match=r"\(None, None\)"):
        memory_efficient_attention(*[keras.KerasTensor((2, None, 4))] * 3)
