"""Gradients with respect to images: against differences, compiled, in a loop, in a SavedModel."""

import keras
import numpy as np
import pytest
from keras import ops

from app.diffusion.compiled import compiled
from app.diffusion.gradient import gradient
from tests.app.diffusion.modes import MODES

IMAGES = np.random.default_rng(0).normal(size=(3, 4, 4, 2)).astype("float32")


def smooth(images):
    """A number an image that hangs on all of its pixels, not symmetric in them."""
    weights = np.linspace(0.5, 1.5, 32).reshape(4, 4, 2).astype("float32")
    return ops.log(1.0 + ops.sum(weights * ops.square(images), axis=(1, 2, 3)))


def differences(images, step=1e-6):
    """Central differences of `smooth`, written again in float64 numpy."""
    weights = np.linspace(0.5, 1.5, 32).reshape(4, 4, 2)

    def value(images):
        return np.log(1.0 + (weights * images**2).sum((1, 2, 3)))

    images, found = images.astype("float64"), np.zeros(images.shape)
    for place in np.ndindex(4, 4, 2):
        moved = np.zeros((1, 4, 4, 2))
        moved[(0, *place)] = step
        found[(slice(None), *place)] = (value(images + moved) - value(images - moved)) / (2 * step)
    return found


@pytest.mark.parametrize("mode", MODES)
def test_finite_differences(mode):
    found = MODES[mode](lambda images: gradient(smooth, images))(IMAGES)
    np.testing.assert_allclose(ops.convert_to_numpy(found), differences(IMAGES), atol=1e-5)


@pytest.mark.parametrize("mode", MODES)
def test_what_was_computed_on_the_way_is_handed_through(mode):
    calls = []

    def both(images):
        calls.append(1)
        return smooth(images), (3.0 * images, images[:, 0])

    run = MODES[mode](lambda images: gradient(both, images, auxiliary=True))
    slope, (tripled, part) = run(IMAGES)
    np.testing.assert_allclose(ops.convert_to_numpy(slope), differences(IMAGES), atol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(tripled), 3.0 * IMAGES, rtol=1e-6)
    np.testing.assert_allclose(ops.convert_to_numpy(part), IMAGES[:, 0], rtol=1e-6)
    assert calls == [1]


@pytest.mark.parametrize("mode", MODES)
def test_a_loop_of_gradient_steps_is_one_program(mode):
    """Twenty steps x <- x - 0.1 d(x^2 / 2) leave 0.9^20 of x."""

    def descend(images):
        def body(_, images):
            return images - 0.1 * gradient(
                lambda x: 0.5 * ops.sum(ops.square(x), axis=(1, 2, 3)), images
            )

        return ops.fori_loop(0, ops.convert_to_tensor(20, "int32"), body, images)

    found = MODES[mode](descend)(ops.convert_to_tensor(IMAGES))
    np.testing.assert_allclose(ops.convert_to_numpy(found), 0.9**20 * IMAGES, rtol=1e-4)


def test_images_that_nothing_hangs_on_have_a_gradient_of_zero():
    found = gradient(lambda images: ops.ones((3,)), IMAGES)
    np.testing.assert_array_equal(ops.convert_to_numpy(found), np.zeros(IMAGES.shape))


def test_through_a_layer_whose_weights_change_between_calls():
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    layer.build((None, 2))
    run = compiled(lambda x: gradient(lambda y: layer(y)[:, 0], x), layer.variables)
    rows = ops.convert_to_tensor(np.ones((3, 2), "float32"))
    np.testing.assert_allclose(ops.convert_to_numpy(run(rows)), np.ones((3, 2)))
    layer.kernel.assign([[2.0], [5.0]])
    np.testing.assert_allclose(ops.convert_to_numpy(run(rows)), [[2.0, 5.0]] * 3)


def test_in_a_saved_model(tmp_path):
    import tensorflow as tf

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="tanh")])
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(
        "serve",
        lambda rows: {"slope": gradient(lambda x: ops.sum(model(x), axis=-1), rows)},
        input_signature=[keras.InputSpec(shape=(None, 4), dtype="float32", name="rows")],
    )
    archive.write_out(str(tmp_path / "saved"), verbose=False)
    rows = IMAGES.reshape(-1, 4)[:5]
    served = tf.saved_model.load(str(tmp_path / "saved")).signatures["serving_default"]
    kernel, bias = (weight.astype("float64") for weight in model.get_weights())
    expected = (1.0 - np.tanh(rows @ kernel + bias) ** 2) @ kernel.T
    np.testing.assert_allclose(served(rows=tf.constant(rows))["slope"], expected, atol=1e-5)
