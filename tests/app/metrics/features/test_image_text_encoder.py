import numpy as np
import pytest
from keras import ops

from app.data import load
from app.errors import UserError
from app.metrics import evaluation
from app.metrics.features import captions
from app.metrics.features.image_text_encoder import ImageTextFeatures, count_words

# Every 16th number of the embeddings of `golden_images` and of two texts, by the shipped weights
# on TensorFlow 2.21, Keras 3.15.1.
GOLDEN_IMAGES = [
    [0.01076, 0.15375, -0.09695, 0.04919, 0.00336, -0.05363, -0.12828, -0.02549],
    [-0.00749, 0.12611, -0.06996, 0.16911, -0.0293, -0.07924, -0.11294, 0.05759],
    [-0.07786, 0.06511, -0.07126, 0.14154, -0.02648, -0.0708, -0.07077, -0.02407],
]
GOLDEN_TEXTS = [
    [-0.0633, -0.05556, -0.0361, 0.15288, 0.01518, -0.12072, -0.18489, 0.11344],
    [-0.13081, 0.02325, 0.04288, 0.08777, -0.08459, -0.00212, -0.06442, 0.04778],
]
TEXTS = ["a photo of a dog", "a handwritten digit 3"]


def golden_images(size=32, channels=3):
    shape = (3, size, size, channels)
    return np.random.default_rng(5).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture(scope="module")
def encoder():
    return ImageTextFeatures(batch_size=50)


def prompts(names, wording):
    return [wording.format(each[0]) for each in names]


@pytest.mark.parametrize(
    ("name", "names", "wordings"),
    [
        ("cifar10", captions.PHOTOS, captions.HELD_OUT_PHOTO_WORDINGS),
        ("mnist", captions.DIGITS, captions.HELD_OUT_DIGIT_WORDINGS),
    ],
)
def test_zero_shot_with_held_out_wordings(encoder, shared_data, name, names, wordings):
    test = load(name, directory=str(shared_data), split="test").first(500)
    embedded = encoder(test.images)
    for wording in wordings:
        texts = encoder.embed_text(prompts(names, wording))
        share = np.mean((embedded @ texts.T).argmax(1) == test.labels)
        recorded = encoder.record["test"][name]["held_out_wordings"][wording]
        # Five standard errors of 500 draws around the recorded share of all 10,000, plus one image.
        error = np.sqrt(recorded * (1 - recorded) / 500)
        assert abs(share - recorded) < 5 * error + 0.002


def test_the_metric_takes_it(encoder):
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (20, 28, 28, 1), dtype=np.uint8)
    scores = evaluation.measure(
        images,
        images,
        encoder,
        metrics=("image_text",),
        labels=generator.integers(0, 10, 20),
        prompts=prompts(captions.DIGITS, "a handwritten digit {}"),
    )
    assert 0 <= scores["matching_accuracy"].value <= 1
    assert scores["clip_score"].extractor_digest == encoder.digest


def test_recorded_embeddings_come_again(encoder):
    rtol, atol = 1e-4, 1e-4
    np.testing.assert_allclose(encoder(golden_images())[:, ::16], GOLDEN_IMAGES, rtol, atol)
    np.testing.assert_allclose(encoder.embed_text(TEXTS)[:, ::16], GOLDEN_TEXTS, rtol, atol)


def test_embeddings_have_length_one(encoder):
    texts = encoder.embed_text(TEXTS)
    assert texts.shape == (2, 128) and texts.dtype == np.float32
    for rows in (texts, encoder(golden_images()), encoder(golden_images(28, 1))):
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(("size", "channels"), [(32, 3), (28, 1), (45, 3)])
def test_float_images_give_the_same_embeddings(encoder, size, channels):
    images = golden_images(size, channels)
    floats = ops.convert_to_tensor(images.astype("float32"))
    np.testing.assert_allclose(encoder.embed(floats), encoder(images), rtol=1e-3, atol=1e-4)


def test_figures_words_and_synonyms_name_one_thing(encoder):
    names = [(0, "photo of a car", "an automobile"), (1, "number 3", "three"), (2, "toads", "frog")]
    first = encoder.embed_text([each[1] for each in names])
    second = encoder.embed_text([each[2] for each in names])
    assert np.array_equal((first @ second.T).argmax(1), [0, 1, 2])


def test_the_digest_is_that_of_weights_and_words(encoder):
    assert encoder.digest != encoder.record["sha256"] and len(encoder.digest) == 64
    assert encoder.record["words"] == captions.vocabulary()


def test_counts_by_hand():
    words = ["3", "cat", "dog"]
    texts = ["Dog, dogs & cat!", "number 3", "a zebra and a cat"]
    np.testing.assert_array_equal(count_words(texts, words), [[0, 1, 2], [1, 0, 0], [0, 1, 0]])


def test_only_a_text_without_any_known_word_is_refused(encoder):
    encoder.embed_text(["a photo of a quagga"])
    with pytest.raises(UserError, match="'quagga', 'savanna'.*Ask with a known one") as error:
        encoder.embed_text(["a dog", "quagga, savanna: quagga"])
    assert "'dog'" not in str(error.value)
    with pytest.raises(UserError, match="none of the text '!'"):
        encoder.embed_text(["!"])
    with pytest.raises(ValueError, match="wrap it"):
        encoder.embed_text("a photo of a dog")
