import numpy as np
import pytest

from layers import AdaptiveNorm
from tests.checks import assert_close, check_layer

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(2, 5, 4), (2, 3, 3, 4)])
def test_equals_the_formula(shape):
    inputs, condition = RANDOM.normal(2.0, 3.0, size=shape), RANDOM.normal(size=(2, 3))
    layer = AdaptiveNorm()
    layer(inputs, condition)
    kernel, bias = RANDOM.normal(size=(3, 12)), RANDOM.normal(size=12)
    layer.set_weights([kernel, bias])
    says = (condition / (1 + np.exp(-condition))) @ kernel + bias
    scale, shift, gate = np.split(says.reshape(2, *(1,) * (len(shape) - 2), 12), 3, axis=-1)
    mean, deviation = inputs.mean(-1, keepdims=True), inputs.std(-1, keepdims=True)
    modulated, actual_gate = layer(inputs, condition)
    assert_close(modulated, (inputs - mean) / deviation * (1 + scale) + shift, 1e-5)
    assert_close(actual_gate, gate, 1e-5)


def test_gate_starts_closed():
    _, gate = AdaptiveNorm()(RANDOM.normal(size=(2, 5, 4)), RANDOM.normal(size=(2, 3)))
    assert_close(gate, np.zeros((2, 1, 4)), 0)


def test_layer_contract(tmp_path):
    inputs = RANDOM.normal(size=(2, 5, 4)).astype("float32")
    condition = RANDOM.normal(size=(2, 3)).astype("float32")
    check_layer(
        AdaptiveNorm,
        {"gate": False},
        inputs,
        condition,
        output_shape=(2, 5, 4),
        tmp_path=tmp_path,
    )


def test_refuses_bad_arguments():
    with pytest.raises(ValueError, match="epsilon=0"):
        AdaptiveNorm(epsilon=0)
