"""Guided drawing: one seed, one picture at any batch size, and in a SavedModel."""

import keras
import numpy as np
import pytest
from keras import ops

from app.diffusion.condition import ClassCondition
from app.diffusion.samplers import DDIM
from app.diffusion.schedules import linear
from app.metrics.features.image_text_encoder import ImageTextFeatures
from app.models.cnn import PlainCNN
from app.models.diffusion_model import DiffusionModel
from app.models.guides import classifier_guide, text_guide
from app.models.noisy_classifier import NoisyClassifier
from app.models.noisy_encoder import NoisyEncoder
from app.models.sampling import sampling_program
from app.models.similarity import text_rows

SHAPE = (8, 8, 1)
COUNT = 7
LABELS = np.arange(COUNT, dtype="int32") % 3


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(2)
    return DiffusionModel(PlainCNN((4, 4), kernel_size=3), linear(20, scaled=True), SHAPE, "clean")


@pytest.fixture(scope="module")
def classifier(model):
    keras.utils.set_random_seed(3)
    network = NoisyEncoder(3, image_size=8, width=8, multipliers=(1, 2))
    made = NoisyClassifier(network, model.schedule, SHAPE, ClassCondition(3))
    made.network.last.kernel.assign(np.random.default_rng(0).normal(size=(4 * 4 * 16, 3)))
    return made


@pytest.fixture(scope="module")
def guides(model, classifier):
    encoder = ImageTextFeatures(batch_size=8)
    texts = text_rows(encoder, ["a handwritten digit 3"] * COUNT)
    return {
        "classifier": lambda scale: classifier_guide(classifier, LABELS, scale),
        "text": lambda scale: text_guide(encoder, texts, model.pixel_range, scale),
    }


def drawn(model, guides, **options):
    return model.sample(COUNT, guides=guides, steps=4, seed=3, **options).astype(int)


@pytest.mark.parametrize("kind", ["classifier", "text"])
def test_a_guide_changes_pictures_and_at_scale_zero_does_not(model, guides, kind):
    plain = drawn(model, [])
    assert np.abs(drawn(model, [guides[kind](0.0)]) - plain).max() <= 1
    assert np.abs(drawn(model, [guides[kind](30.0)]) - plain).max() > 20


@pytest.mark.parametrize("kind", ["classifier", "text"])
def test_one_seed_is_one_picture_at_any_batch_size(model, guides, kind):
    guide = guides[kind](10.0)
    whole = drawn(model, [guide])
    for size in (1, 3):
        assert np.abs(drawn(model, [guide], batch_size=size) - whole).max() <= 1, size
    part = model.sample(2, guides=[guide.part(4, 6)], steps=4, seed=3, first_index=4)
    assert np.abs(part.astype(int) - whole[4:6]).max() <= 1


def test_two_guides_both_count(model, guides):
    both = [guides["classifier"](10.0), guides["text"](30.0)]
    found = drawn(model, both)
    assert all(np.abs(found - drawn(model, [guide])).max() > 20 for guide in both)


def test_the_guided_sampler_as_a_saved_model(model, classifier, guides, tmp_path):
    import tensorflow as tf

    guide = guides["classifier"](5.0)
    program = sampling_program(model, DDIM(clip=model.pixel_range), guided=False, guides=[guide])

    def draw(seed, labels, scale):
        return {"images": program(seed, labels, 0.0, 4, 0, asked=[(labels, scale)])}

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.track(classifier)
    scalar = {"shape": (), "dtype": "int32"}
    archive.add_endpoint(
        "serve",
        draw,
        input_signature=[
            keras.InputSpec(**scalar, name="seed"),
            keras.InputSpec(shape=(None,), dtype="int32", name="labels"),
            keras.InputSpec(shape=(), dtype="float32", name="scale"),
        ],
    )
    archive.write_out(str(tmp_path / "saved"), verbose=False)
    served = tf.saved_model.load(str(tmp_path / "saved")).signatures["serving_default"]
    found = served(seed=tf.constant(3), labels=tf.constant(LABELS), scale=tf.constant(5.0))
    own = ops.convert_to_numpy(drawn(model, [guide]))
    assert np.abs(found["images"].numpy().astype(int) - own).max() <= 1
