import keras
import numpy as np
import pytest

from layers import Downsample, Upsample
from tests.checks import assert_close, check_layer
from tests.layers.test_residual_block import convolve

RANDOM = np.random.default_rng(0)
INPUTS = RANDOM.normal(size=(2, 4, 6, 3)).astype("float32")


@pytest.mark.parametrize("kind, before", [("convolution", 0), ("padded_convolution", 1)])
def test_downsample_pads_where_it_says(kind, before):
    layer = Downsample(kind)
    layer.build(INPUTS.shape)
    kernel, bias = RANDOM.normal(size=(3, 3, 3, 3)), RANDOM.normal(size=3)
    layer.set_weights([kernel, bias])
    padded = np.pad(INPUTS, ((0, 0), (before, 1), (before, 1), (0, 0)))
    expected = np.zeros((2, 2, 3, 3)) + bias
    for i in range(3):
        for j in range(3):
            expected += padded[:, i : i + 4 : 2, j : j + 6 : 2] @ kernel[i, j]
    assert_close(layer(INPUTS), expected, 1e-5)


def test_upsample_repeats_pixels_then_convolves():
    layer = Upsample()
    layer.build(INPUTS.shape)
    kernel, bias = RANDOM.normal(size=(3, 3, 3, 3)), RANDOM.normal(size=3)
    layer.set_weights([kernel, bias])
    repeated = INPUTS.repeat(2, axis=1).repeat(2, axis=2)
    assert_close(layer(INPUTS), convolve(repeated, kernel, bias), 2e-5)


def test_upsample_gradient_equals_stock_layers():
    results = []
    target = RANDOM.normal(size=(2, 8, 12, 3))
    weights = [RANDOM.normal(size=shape) for shape in ((1, 1, 3, 3), (3,), (3, 3, 3, 3), (3,))]
    stock = [keras.layers.UpSampling2D(), keras.layers.Conv2D(3, 3, padding="same")]
    for layers in ([Upsample()], stock):
        model = keras.Sequential([keras.layers.Conv2D(3, 1), *layers])
        model.compile(keras.optimizers.SGD(0.1), "mse")
        model.build(INPUTS.shape)
        model.set_weights(weights)
        model.train_on_batch(INPUTS, target)
        results.append(model.get_weights())
    for actual, expected in zip(*results, strict=True):
        assert_close(actual, expected, 1e-5)


def test_max_pool_and_bilinear():
    expected = INPUTS.reshape(2, 2, 2, 3, 2, 3).max(axis=(2, 4))
    assert_close(Downsample("max_pool")(INPUTS), expected, 0)
    line = np.array([0.0, 1.0], "float32").reshape(1, 1, 2, 1)
    # Half-pixel centres: 0.25 and 0.75 of the way between the two, the ends held.
    assert_close(Upsample("bilinear")(line)[0, 0, :, 0], [0, 0.25, 0.75, 1], 1e-6)


@pytest.mark.parametrize(
    "layer, kind, shape",
    [
        (Downsample, "convolution", (2, 2, 3, 3)),
        (Downsample, "padded_convolution", (2, 2, 3, 3)),
        (Downsample, "max_pool", (2, 2, 3, 3)),
        (Upsample, "convolution", (2, 8, 12, 3)),
        (Upsample, "bilinear", (2, 8, 12, 3)),
    ],
)
def test_layer_contract(layer, kind, shape, tmp_path):
    check_layer(layer, {"kind": kind}, INPUTS, output_shape=shape, tmp_path=tmp_path)


@pytest.mark.parametrize("layer", [Downsample, Upsample])
def test_refuses_unknown_kind(layer):
    with pytest.raises(ValueError, match="kind='fir'"):
        layer("fir")
