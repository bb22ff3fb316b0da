import numpy as np
import pytest

from layers import SpatialAttention
from tests.checks import assert_close, check_layer
from tests.layers.test_group_norm import oracle as group_norm


@pytest.mark.parametrize(
    "arguments, heads", [({}, 1), ({"heads": 2}, 2), ({"head_dimension": 2}, 4)]
)
def test_equals_the_formula(arguments, heads):
    random = np.random.default_rng(0)
    inputs = random.normal(size=(2, 3, 4, 8))
    layer = SpatialAttention(groups=4, **arguments)
    layer(inputs)
    weights = {}
    for part in (layer.norm, layer.read, layer.projection):
        for weight in part.weights:
            weights[part.name, weight.name] = random.normal(size=weight.shape)
            weight.assign(weights[part.name, weight.name])
    normal = group_norm(
        inputs, 4, 1e-6, weights[layer.norm.name, "scale"], weights[layer.norm.name, "offset"]
    ).reshape(2, 12, 8)
    all_three = normal @ weights[layer.read.name, "kernel"] + weights[layer.read.name, "bias"]
    size = 8 // heads
    read = np.zeros((2, 12, 8))
    for head in range(heads):
        q, k, v = (
            all_three[..., 8 * i + head * size : 8 * i + (head + 1) * size] for i in range(3)
        )
        scores = np.einsum("bqd,bkd->bqk", q, k) / np.sqrt(size)
        share = np.exp(scores - scores.max(-1, keepdims=True))
        share /= share.sum(-1, keepdims=True)
        read[..., head * size : (head + 1) * size] = share @ v
    projection = layer.projection.name
    expected = read @ weights[projection, "kernel"] + weights[projection, "bias"]
    assert_close(layer(inputs), inputs + expected.reshape(inputs.shape), 1e-4)


def test_the_memory_efficient_kernel_reads_the_same_weights():
    inputs = np.random.default_rng(3).normal(size=(2, 3, 5, 8)).astype("float32")
    layer = SpatialAttention(heads=2)
    layer(inputs)
    random = np.random.default_rng(4)
    layer.set_weights([random.normal(size=weight.shape) for weight in layer.weights])
    other = SpatialAttention.from_config({**layer.get_config(), "kernel": "memory_efficient"})
    other.build(inputs.shape)
    other.set_weights(layer.get_weights())
    assert_close(other(inputs), np.asarray(layer(inputs)), 1e-5)


def test_a_new_layer_passes_its_input_on():
    inputs = np.random.default_rng(1).normal(size=(1, 4, 4, 8)).astype("float32")
    assert_close(SpatialAttention()(inputs), inputs, 0)


def test_each_third_starts_with_the_limits_of_a_square_matrix():
    layer = SpatialAttention()
    layer.build((None, 4, 4, 64))
    kernel = np.asarray(layer.read.kernel)
    assert np.abs(kernel).max() <= np.sqrt(6 / 128)
    assert abs(kernel.std() / np.sqrt(2 / 128) - 1) < 0.05


def test_layer_contract(tmp_path):
    inputs = np.random.default_rng(2).normal(size=(2, 4, 4, 8)).astype("float32")
    check_layer(
        SpatialAttention, {"heads": 2}, inputs, output_shape=inputs.shape, tmp_path=tmp_path
    )


def test_refuses_bad_arguments():
    with pytest.raises(ValueError, match="heads=3"):
        SpatialAttention(heads=3)(np.zeros((1, 2, 2, 8)))
    with pytest.raises(ValueError, match="head_dimension=5"):
        SpatialAttention(head_dimension=5)(np.zeros((1, 2, 2, 8)))
    with pytest.raises(ValueError, match="kernel='fast'"):
        SpatialAttention(kernel="fast")
