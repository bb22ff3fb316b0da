from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops
from PIL import Image

from app.metrics.features.clip_images import CLIP_DEVIATION, clip_input, resize, siglip_input
from tests.app.metrics.features.inception_tensors import random_images

# transformers 5.24.0 and pillow 13.0.0, make_clip_fixture.py: every sixteenth pixel.
GOLDEN = np.load(Path(__file__).parent / "fixtures/clip_images.npz")


@pytest.mark.parametrize("name", GOLDEN)
def test_the_input_equals_that_of_transformers(name):
    """Grey, small, tall, wide and large images: not one level of 255 between."""
    family, *numbers = name.split("_")
    size, height, width, channels = map(int, numbers)
    image = random_images(height, width, count=1)[..., :channels]
    prepare = clip_input if family == "clip" else siglip_input
    found = ops.convert_to_numpy(prepare(image, size))
    assert found.shape == (1, size, size, 3) and found.dtype == np.float32
    level = (1 / np.array(CLIP_DEVIATION) if family == "clip" else 2) / 255
    difference = (found[0, ::16, ::16] - GOLDEN[name]) / level
    assert np.abs(difference).max() < 1e-3


@pytest.mark.parametrize("shape", [(28, 28), (64, 64), (218, 178), (500, 421)])
def test_every_pixel_equals_pillow(shape):
    """Hard edges, where a cubic overshoots most; ties may round the other way."""
    image = np.random.default_rng(0).choice([0, 255], (*shape, 3)).astype("uint8")
    found = ops.convert_to_numpy(resize(image[None], 224, 224))[0]
    expected = np.asarray(Image.fromarray(image).resize((224, 224), Image.BICUBIC), "float32")
    difference = np.abs(found - expected)
    assert difference.max() < 2.001 and np.mean(difference > 1e-3) < 0.02


def test_gradients_pass_the_rounding():
    """The sum over a resized image grows by as many pixels as come of each one."""

    class Picture(keras.Layer):
        def build(self, input_shape):
            self.pixels = self.add_weight((1, 8, 8, 1), initializer=keras.initializers.Constant(99))

        def call(self, inputs):
            return ops.sum(resize(self.pixels, 16, 16)) + 0 * inputs

    model = keras.Sequential([keras.Input((1,)), Picture()])
    model.compile(keras.optimizers.SGD(1.0), loss=lambda wanted, found: ops.mean(found))
    model.train_on_batch(np.zeros((1, 1)), np.zeros((1, 1)))
    moved = 99 - ops.convert_to_numpy(model.layers[0].pixels)
    assert moved.mean() == pytest.approx(4, rel=1e-4) and moved.min() > 1
