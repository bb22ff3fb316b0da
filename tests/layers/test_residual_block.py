import numpy as np
import pytest

from layers import ResidualBlock
from tests.checks import assert_close, check_layer
from tests.layers.test_group_norm import oracle as group_norm


def swish(values):
    return values / (1 + np.exp(-values))


def convolve(values, kernel, bias):
    """A 3x3 convolution with zero padding, float64, by its definition."""
    batch, height, width, _ = values.shape
    padded = np.pad(values, ((0, 0), (1, 1), (1, 1), (0, 0)))
    result = np.zeros((batch, height, width, kernel.shape[-1])) + bias
    for i in range(3):
        for j in range(3):
            result += padded[:, i : i + height, j : j + width] @ kernel[i, j]
    return result


@pytest.mark.parametrize("scale_shift", [False, True])
@pytest.mark.parametrize("channels", [4, 6])
def test_equals_the_formula(channels, scale_shift):
    random = np.random.default_rng(0)
    inputs = random.normal(size=(2, 5, 5, 4))
    embedding = random.normal(size=(2, 3))
    block = ResidualBlock(channels, groups=2, scale_shift=scale_shift)
    block(inputs, embedding)
    named = {}
    for weight in block.weights:
        name = "/".join(weight.path.split("/")[-2:])
        layer = next(
            key
            for key, part in vars(block).items()
            if hasattr(part, "weights") and any(weight is w for w in part.weights)
        )
        named[layer, name.split("/")[-1]] = value = random.normal(size=weight.shape) * 0.5
        weight.assign(value)

    def norm(values, layer):
        return group_norm(values, 2, 1e-6, named[layer, "scale"], named[layer, "offset"])

    def convolution(values, layer):
        return convolve(values, named[layer, "kernel"], named[layer, "bias"])

    hidden = convolution(swish(norm(inputs, "first_norm")), "first_convolution")
    says = swish(embedding) @ named["projection", "kernel"] + named["projection", "bias"]
    says = says[:, None, None]
    if scale_shift:
        hidden = norm(hidden, "second_norm") * (1 + says[..., :channels]) + says[..., channels:]
    else:
        hidden = norm(hidden + says, "second_norm")
    expected = convolution(swish(hidden), "second_convolution")
    if channels == 4:
        expected += inputs
    else:
        expected += inputs @ named["shortcut", "kernel"][0, 0] + named["shortcut", "bias"]
    assert_close(block(inputs, embedding), expected, 2e-5)


def test_a_new_block_passes_its_input_on():
    inputs = np.random.default_rng(1).normal(size=(1, 4, 4, 8)).astype("float32")
    assert_close(ResidualBlock(8)(inputs, np.ones((1, 3))), inputs, 0)


def test_dropout_only_in_training():
    block = ResidualBlock(8, dropout=0.5)
    inputs = np.random.default_rng(1).normal(size=(1, 4, 4, 8)).astype("float32")
    block(inputs)
    block.second_convolution.kernel.assign(np.ones((3, 3, 8, 8)))
    assert_close(block(inputs), np.asarray(block(inputs)), 0)
    assert np.abs(np.asarray(block(inputs, training=True)) - np.asarray(block(inputs))).max() > 0.1


def test_layer_contract(tmp_path):
    random = np.random.default_rng(2)
    inputs = random.normal(size=(2, 4, 4, 3)).astype("float32")
    embedding = random.normal(size=(2, 5)).astype("float32")
    arguments = {"channels": 8, "dropout": 0.1, "scale_shift": True}
    check_layer(
        ResidualBlock,
        arguments,
        inputs,
        embedding,
        output_shape=(2, 4, 4, 8),
        tmp_path=tmp_path,
    )


def test_refuses_bad_arguments():
    with pytest.raises(ValueError, match="channels=0"):
        ResidualBlock(0)
    with pytest.raises(ValueError, match="dropout=1"):
        ResidualBlock(8, dropout=1)
    with pytest.raises(ValueError, match="needs an embedding"):
        ResidualBlock(8, scale_shift=True)(np.zeros((1, 4, 4, 8)))
