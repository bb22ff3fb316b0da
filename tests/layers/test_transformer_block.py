import numpy as np
import pytest
from scipy.special import expit

from layers import TransformerBlock
from tests.checks import assert_close, check_layer
from tests.layers.test_attention_kernels import attention

RANDOM = np.random.default_rng(0)
TOKENS = RANDOM.normal(1.0, 2.0, size=(2, 9, 8)).astype("float32")
CONDITION = RANDOM.normal(size=(2, 5)).astype("float32")


def layer_norm(inputs):
    return (inputs - inputs.mean(-1, keepdims=True)) / inputs.std(-1, keepdims=True)


@pytest.mark.parametrize("kernel", ["standard", "memory_efficient"])
def test_equals_the_formula(kernel):
    """Figure 3 of the paper in numpy, heads one by one."""
    block = TransformerBlock(heads=2, expansion=3, kernel=kernel)
    block(TOKENS, CONDITION)
    weights = {}
    for name, layer in {
        "steer attention": block.attention_norm.projection,
        "read": block.attention.read,
        "project": block.attention.projection,
        "steer mlp": block.mlp_norm.projection,
        "hidden": block.hidden,
        "out": block.projection,
    }.items():
        weights[name] = [RANDOM.normal(scale=0.3, size=weight.shape) for weight in layer.weights]
        layer.set_weights(weights[name])

    def dense(name, inputs):
        kernel, bias = weights[name]
        return inputs @ kernel + bias

    def steered(name, inputs):
        says = dense(name, CONDITION * expit(CONDITION))[:, None]
        scale, shift, gate = np.split(says, 3, axis=-1)
        return layer_norm(inputs) * (1 + scale) + shift, gate

    tokens = TOKENS.astype("float64")
    modulated, gate = steered("steer attention", tokens)
    query, key, value = np.split(dense("read", modulated), 3, axis=-1)
    heads = [slice(0, 4), slice(4, 8)]
    read = [attention(query[..., h] / 2, key[..., h], value[..., h])[0] for h in heads]
    tokens = tokens + gate * dense("project", np.concatenate(read, axis=-1))
    modulated, gate = steered("steer mlp", tokens)
    hidden = dense("hidden", modulated)
    hidden = hidden / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (hidden + 0.044715 * hidden**3)))
    assert_close(block(TOKENS, CONDITION), tokens + gate * dense("out", hidden), 1e-4)


def test_a_new_block_passes_its_tokens_on():
    assert_close(TransformerBlock(heads=2)(TOKENS, CONDITION), TOKENS, 0)


@pytest.mark.parametrize("kernel", ["standard", "memory_efficient"])
def test_layer_contract(kernel, tmp_path):
    arguments = {"heads": 4, "kernel": kernel}
    check_layer(
        TransformerBlock,
        arguments,
        TOKENS,
        CONDITION,
        output_shape=TOKENS.shape,
        tmp_path=tmp_path,
    )


def test_refuses_bad_arguments():
    with pytest.raises(ValueError, match="heads=3"):
        TransformerBlock(heads=3)(TOKENS, CONDITION)
    with pytest.raises(ValueError, match="heads=0"):
        TransformerBlock(heads=0)
    with pytest.raises(ValueError, match="expansion=0"):
        TransformerBlock(heads=2, expansion=0)
    with pytest.raises(ValueError, match="kernel='fast'"):
        TransformerBlock(heads=2, kernel="fast")
