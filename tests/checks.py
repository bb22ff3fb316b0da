"""Checks that every layer and loss of the repository goes through."""

import json

import keras
import numpy as np
from keras import ops


def assert_close(actual, expected, tolerance=1e-6, message=""):
    """Compares in numpy with the largest absolute difference in the message."""
    actual = ops.convert_to_numpy(actual)
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance, err_msg=message)


def check_layer(layer_class, arguments, *inputs, output_shape=None, tmp_path, call_arguments=None):
    """Builds, calls, serialises, saves, reloads and trains one layer.

    Shape inference equals the real shape, the config is JSON and the same before and after build,
    `.keras` gives the same output, `mixed_float16` gives it to 1 %, and one `fit` step leaves
    finite weights. The trained weights are random ones: many layers start as the identity.
    """
    call_arguments = call_arguments or {}
    layer = layer_class(**arguments)
    config_before = json.loads(json.dumps(layer.get_config()))
    inputs = [np.asarray(value) for value in inputs]
    symbolic = [
        keras.Input(shape=value.shape[1:], dtype=str(value.dtype), name=f"input_{i}")
        for i, value in enumerate(inputs)
    ]
    output = layer(*symbolic, **call_arguments)
    model = keras.Model(symbolic, output)
    config_after = json.loads(json.dumps(layer.get_config()))
    assert config_before == config_after, "get_config changed with build"

    random = np.random.default_rng(5)
    for weight in layer.trainable_weights:
        weight.assign(random.normal(scale=0.4, size=weight.shape))
    expected = ops.convert_to_numpy(model(inputs))
    assert tuple(output.shape[1:]) == expected.shape[1:], "symbolic shape differs from real shape"
    if output_shape is not None:
        assert expected.shape == tuple(output_shape)
    assert np.all(np.isfinite(expected))

    revived = layer_class.from_config(config_after)
    assert json.loads(json.dumps(revived.get_config())) == config_after

    path = str(tmp_path / "layer.keras")
    model.save(path)
    np.testing.assert_array_equal(
        ops.convert_to_numpy(keras.models.load_model(path)(inputs)), expected
    )

    half = layer_class(**arguments, dtype="mixed_float16")
    tensors = [ops.convert_to_tensor(value) for value in inputs]
    half(*tensors, **call_arguments)
    half.set_weights(layer.get_weights())
    half_output = half(*tensors, **call_arguments)
    assert keras.backend.standardize_dtype(half_output.dtype) == "float16"
    off = 0.01 * max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(ops.convert_to_numpy(half_output), expected, rtol=0, atol=off)

    model.compile(optimizer="sgd", loss="mse")
    model.fit(inputs if len(inputs) > 1 else inputs[0], np.zeros_like(expected), verbose=0)
    for weight in model.weights:
        assert np.all(np.isfinite(ops.convert_to_numpy(weight)))
    return layer, expected
