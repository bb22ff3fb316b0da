import keras
import numpy as np
import pytest

from app.data.pixels import as_uint8, quantize, to_float, to_pixel_scale, to_uint8

EVERY = np.arange(256, dtype="uint8")


@pytest.mark.parametrize("pixel_range", [(-1.0, 1.0), (0.0, 1.0), (-0.5, 2.0)])
def test_every_pixel_survives_the_round_trip_on_either_path(pixel_range):
    floats = to_float(EVERY, pixel_range)
    assert floats.dtype == np.float32
    assert floats[0] == np.float32(pixel_range[0]) and floats[-1] == np.float32(pixel_range[1])
    np.testing.assert_array_equal(to_uint8(floats, pixel_range), EVERY)
    quantized = keras.ops.convert_to_numpy(quantize(floats, pixel_range))
    assert quantized.dtype == np.uint8
    np.testing.assert_array_equal(quantized, EVERY)


def test_halves_go_up_and_excess_is_clipped():
    # Over (0, 255) a value is its pixel: 0.5 -> 1 and 2.5 -> 3, where half-to-even gives 0 and 2.
    values = np.array([0.5, 1.5, 2.5, 254.5, -9.0, 300.0], "float32")
    expected = [1, 2, 3, 255, 0, 255]
    assert to_uint8(values, (0, 255)).tolist() == expected
    assert keras.ops.convert_to_numpy(quantize(values, (0, 255))).tolist() == expected


def test_the_scale_of_pixels_goes_beyond_them():
    scaled = to_pixel_scale(keras.ops.convert_to_tensor([-0.5, 0.0, 2.5]), (-0.5, 0.5))
    scaled = keras.ops.convert_to_numpy(scaled)
    np.testing.assert_allclose(scaled, [0.0, 127.5, 765.0], rtol=1e-6)
    assert as_uint8(scaled).tolist() == [0, 128, 255]
    assert as_uint8(EVERY) is EVERY


def test_refusals_are_sentences():
    with pytest.raises(TypeError, match="must be uint8.*float64"):
        to_float(np.zeros(3))
    with pytest.raises(ValueError, match="1 NaN among 2 values"):
        to_uint8(np.array([0.0, np.nan]))
    for pixel_range in ((1, -1), (0,), (0, np.inf), None):
        with pytest.raises(ValueError, match="two finite numbers"):
            to_uint8(np.zeros(2), pixel_range)
