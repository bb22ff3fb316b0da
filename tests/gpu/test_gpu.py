"""What can only be checked on a GPU: `make gpu-check`. Not part of `make test`."""

import keras
import numpy as np
import pytest
from keras import ops

from app.diffusion.compiled import compiled
from app.diffusion.randomness import START, normal
from app.diffusion.schedules import linear
from app.models.diffusion_model import DiffusionModel
from app.models.unet import Unet

pytestmark = pytest.mark.gpu
IMAGES = np.random.default_rng(0).integers(0, 256, (64, 16, 16, 3), dtype="uint8")


def devices():
    if keras.backend.backend() == "jax":
        import jax

        return [device.platform for device in jax.devices()]
    import tensorflow as tf

    return [device.device_type.lower() for device in tf.config.list_physical_devices()]


def build():
    keras.utils.set_random_seed(0)
    network = Unet(
        3, width=32, multipliers=(1, 2), blocks=1, image_size=16, attention_resolutions=(8,)
    )
    return DiffusionModel(network, linear(100), (16, 16, 3))


def test_a_gpu_is_there():
    assert "gpu" in devices(), f"no GPU for {keras.backend.backend()}; it sees {devices()}"


@pytest.mark.parametrize("xla", [True, False])
def test_random_numbers_are_those_of_the_cpu(xla):
    def draw():
        return normal(7, 3, 4, 5, START, (8, 8, 1))

    on_gpu = ops.convert_to_numpy(compiled(draw, [], xla)())
    with keras.device("cpu:0"):
        on_cpu = ops.convert_to_numpy(draw())
    np.testing.assert_allclose(on_gpu, on_cpu, atol=1e-5)


def test_pictures_are_those_of_the_cpu():
    model = build()
    on_gpu = model.sample(8, steps=20)
    with keras.device("cpu:0"):
        other = build()
        other.set_weights(model.get_weights())
        on_cpu = other.sample(8, steps=20)
    assert np.mean(np.abs(on_gpu.astype(int) - on_cpu) > 2) < 0.01


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_training_in_every_precision(policy):
    keras.config.set_dtype_policy(policy)
    try:
        model = build()
        model.compile(keras.optimizers.Adam(1e-3), jit_compile=True)
        losses = model.fit(IMAGES, epochs=20, batch_size=32, verbose=0).history["loss"]
    finally:
        keras.config.set_dtype_policy("float32")
    assert np.all(np.isfinite(losses)) and np.mean(losses[-3:]) < np.mean(losses[:3])
