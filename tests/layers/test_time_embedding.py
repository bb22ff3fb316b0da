import math

import keras
import numpy as np
import pytest

from layers import SinusoidalEmbedding
from tests.checks import assert_close, check_layer


@pytest.mark.parametrize("cosine_first", [False, True])
@pytest.mark.parametrize("shift", [0, 1])
@pytest.mark.parametrize("dimension", [8, 9])
def test_equals_the_formula(dimension, shift, cosine_first):
    values = np.array([0.0, 1.0, 17.5, 999.0])
    half = dimension // 2
    expected = np.zeros((4, dimension))
    for row, value in enumerate(values):
        for i in range(half):
            angle = value * 10000.0 ** (-i / (half - shift))
            first, second = (math.cos, math.sin) if cosine_first else (math.sin, math.cos)
            expected[row, i], expected[row, half + i] = first(angle), second(angle)
    layer = SinusoidalEmbedding(dimension, cosine_first=cosine_first, frequency_shift=shift)
    # float32 angles up to 999 carry 6e-5 of rounding.
    assert_close(layer(values.astype("float32")), expected, 1e-4)


def test_layer_contract(tmp_path):
    values = np.array([0.0, 3.0], "float32")
    check_layer(
        SinusoidalEmbedding, {"dimension": 6}, values, output_shape=(2, 6), tmp_path=tmp_path
    )


def test_large_steps_stay_apart_in_half_precision():
    layer = SinusoidalEmbedding(8, dtype="mixed_float16")
    first, second = keras.ops.convert_to_numpy(layer(np.array([4000.0, 4001.0], "float32")))
    assert np.abs(first - second).max() > 0.1


@pytest.mark.parametrize(
    "arguments",
    [
        {"dimension": 3},
        {"dimension": 8, "maximum_period": 1},
        {"dimension": 8, "frequency_shift": 2},
    ],
)
def test_refuses_bad_arguments(arguments):
    with pytest.raises(ValueError, match="Received"):
        SinusoidalEmbedding(**arguments)
