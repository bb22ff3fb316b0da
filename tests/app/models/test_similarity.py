"""Similarities of float images and texts: values, gradients, and as a term of the loss."""

import keras
import numpy as np
import pytest
from keras import ops

from app.diffusion.compiled import compiled
from app.diffusion.condition import ClassCondition
from app.diffusion.gradient import gradient
from app.diffusion.schedules import linear
from app.errors import UserError
from app.metrics.features.image_text_encoder import ImageTextFeatures
from app.metrics.features.pixels import Pixels
from app.models.cnn import PlainCNN
from app.models.diffusion_model import DiffusionModel
from app.models.similarity import TextTerm, similarity, text_rows

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (3, 28, 28, 1), dtype="uint8")
PROMPTS = ["a handwritten digit 3", "a photo of a dog", "a handwritten digit 7"]


@pytest.fixture(scope="module")
def encoder():
    return ImageTextFeatures(batch_size=8)


@pytest.fixture(scope="module")
def texts(encoder):
    return text_rows(encoder, PROMPTS)


def floats(images, low, high):
    return (low + (high - low) / 255.0 * images.astype("float64")).astype("float32")


@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (0.0, 1.0), (-0.5, 0.5)])
def test_float_images_of_any_range_have_the_similarity_of_uint8_images(encoder, texts, low, high):
    embedded = encoder(IMAGES).astype("float64")
    expected = np.sum(embedded * texts, axis=1) / np.linalg.norm(embedded, axis=1)
    found = similarity(encoder, floats(IMAGES, low, high), texts, (low, high))
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, atol=1e-4)


def test_pixels_beyond_the_range_are_cut_off_but_have_gradients(encoder, texts):
    images = floats(IMAGES, -1.0, 1.0)
    beyond = np.where(images > 0.5, images + 2.0, images).astype("float32")
    cut = np.clip(beyond, -1.0, 1.0)
    found = [similarity(encoder, x, texts, (-1.0, 1.0)) for x in (beyond, cut)]
    np.testing.assert_allclose(*(ops.convert_to_numpy(each) for each in found), atol=1e-6)
    slopes = [
        ops.convert_to_numpy(gradient(lambda y: similarity(encoder, y, texts, (-1.0, 1.0)), x))
        for x in (beyond, cut)
    ]
    np.testing.assert_allclose(*slopes, atol=1e-5)
    assert np.all(np.abs(slopes[0][beyond > 1.0]).max() > 0)


def test_the_gradient_is_that_of_differences_along_it(encoder, texts):
    images = 0.5 * floats(IMAGES, -1.0, 1.0)

    def fits(x):
        return similarity(encoder, x, texts, (-1.0, 1.0))

    run = compiled(lambda x: gradient(fits, x), encoder.variables, xla=False)
    slope = ops.convert_to_numpy(run(ops.convert_to_tensor(images))).astype("float64")
    size = np.sqrt(np.sum(slope**2, axis=(1, 2, 3)))
    step = 0.02 * slope / size[:, None, None, None]
    ends = [ops.convert_to_numpy(fits((images + s * step).astype("float32"))) for s in (1, -1)]
    # Along the gradient the slope is its length; 3 % for float32 and curvature.
    np.testing.assert_allclose((ends[0] - ends[1]) / 0.04, size, rtol=0.03)


def test_an_extractor_without_texts_is_refused():
    with pytest.raises(UserError, match="'pixels' knows no texts. Choose one of"):
        text_rows(Pixels((8, 8, 1)), ["a photo of a cat"])


def model_of(target="clean"):
    keras.utils.set_random_seed(1)
    network = PlainCNN(channels=(4, 4), kernel_size=3, classes=3)
    return DiffusionModel(network, linear(20), (28, 28, 1), target, condition=ClassCondition(3))


def test_the_term_is_the_weighted_mean_of_what_is_missing(encoder, texts):
    term = TextTerm(encoder, PROMPTS, 2.0, (-1.0, 1.0))
    images, labels = floats(IMAGES, -1.0, 1.0), np.array([1, 1, 0])
    embedded = encoder(IMAGES).astype("float64")
    missing = 1.0 - np.sum(embedded * texts[labels], axis=1) / np.linalg.norm(embedded, axis=1)
    signal = np.array([1.0, 0.25, 0.0], "float32")
    found = float(term(labels, images, signal))
    assert found == pytest.approx(2.0 * np.mean(signal * missing), abs=1e-4)


@pytest.mark.parametrize("target", ["clean", "velocity"])
def test_the_loss_of_a_model_is_larger_by_the_term_and_falls(encoder, target):
    labels = np.array([0, 2, 1])
    losses = []
    for term in (None, TextTerm(encoder, PROMPTS, 0.5, (-1.0, 1.0))):
        model = model_of(target)
        model.compile(keras.optimizers.Adam(3e-3), text_term=term)
        losses.append(model.evaluate(IMAGES, labels, verbose=0))
    assert 0.0 < losses[1] - losses[0] < 0.5 * 2.0  # weight times at most 1 - (-1)
    model.fit(np.repeat(IMAGES, 8, 0), np.repeat(labels, 8), batch_size=24, epochs=8, verbose=0)
    assert model.evaluate(IMAGES, labels, verbose=0) < losses[1]
    assert len(model.get_weights()) == len(model_of(target).get_weights())
