"""Attributes beside images: measured, streamed, chosen, in batches and image sets."""

import numpy as np
import pytest

from app.data import Dataset, load, split
from app.data.digit_attributes import DigitAttributes
from app.data.image_set import ImageSet, open_images
from app.data.pipeline import Batches
from app.errors import UserError
from tests.app.data.celeba import ATTRIBUTES, has, store_celeba


def test_measured_attributes_are_those_of_the_digits_of_the_same_split():
    for part in ("train", "test"):
        digits, named = load("mnist-5k", split=part), load("mnist-5k-attributes", split=part)
        np.testing.assert_array_equal(named.images, digits.images)
        np.testing.assert_array_equal(named.labels, DigitAttributes()(digits.images))
        assert named.attribute_names == DigitAttributes.names and named.classes == 0
        assert named.digest != digits.digest and named.name == "mnist-5k-attributes"
    two = named.labels[:, 6] > 0
    assert np.bincount(digits.labels[two], minlength=10).argmax() == 8, "eights have two holes"


def test_batches_have_one_order_and_each_image_its_own_attributes():
    batches = Batches(load("mnist-5k-attributes"), batch_size=100, seed=7)
    batches.epoch = 3
    images, vectors = batches[4]
    assert vectors.dtype == np.float32 and vectors.shape == (100, 10)
    grey = np.rint((images + 1) * 127.5).astype("uint8")
    np.testing.assert_array_equal(DigitAttributes()(grey), vectors)
    # Computed with numpy 2.4 alone: PCG64 seeded by (7, 3), whatever the backend.
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence((7, 3))))
    order = generator.permutation(3000)[400:500]
    np.testing.assert_array_equal(grey, load("mnist-5k").images[order])
    assert batches.signature[1] == ((100, 10), "float32")


def test_some_attributes_in_an_order_of_ones_own():
    whole = load("mnist-5k-attributes", split="test")
    some = load("mnist-5k-attributes", split="test", attribute_names=("two_holes", "thick"))
    assert some.attribute_names == ("two_holes", "thick")
    np.testing.assert_array_equal(some.labels, whole.labels[:, [6, 0]])
    for names in (("thick", "Bald"), ("thick", "thick")):
        with pytest.raises(UserError, match="must be among: thick, wide.*each once. Received: "):
            load("mnist-5k-attributes", attribute_names=names)
    with pytest.raises(UserError, match="must be among: none"):
        load("digits", attribute_names=("thick",))


def test_attributes_of_a_stream_are_chosen_by_name(tmp_path):
    store_celeba(tmp_path)
    names = ("Young", "Bald", "Mustache")
    faces = load("celeb_a", tmp_path, size=8, attribute_names=names)
    assert faces.attribute_names == names == faces.images.attribute_names
    assert faces.digest != load("celeb_a", tmp_path, size=8).digest
    train, validation = split(faces, 0.2)
    assert (len(train), len(validation)) == (16, 4) and validation.attribute_names == names
    for part, first in ((train, 0), (validation, 16)):
        expected = [
            [1.0 if has(number, ATTRIBUTES.index(name)) else -1.0 for name in names]
            for number in range(first, first + 4)
        ]
        assert part.first(4).labels.tolist() == expected
    batches = Batches(train, batch_size=8, seed=1)
    numbers, rows = [], []
    for images, vectors in batches:
        numbers += np.rint((images[:, 0, 0, 0] + 1) * 127.5).astype(int).tolist()
        rows += vectors.tolist()
    assert sorted(numbers) == list(range(16)) != numbers
    assert [row[1] > 0 for row in rows] == [has(number, 0) for number in numbers]


def test_image_sets_keep_attributes_beside_images(tmp_path):
    images = np.arange(4 * 64, dtype="uint8").reshape(4, 8, 8, 1)
    vectors = [[1, -1], [-1, -1], [1, 1], [0, 1]]
    found = ImageSet.of(Dataset("faces", images, vectors, attribute_names=("bald", "male")))
    assert found.labels is None and found.class_names == ()
    assert found.attribute_names == ("bald", "male")
    some = found.select(np.array([3, 0]), "test")
    assert some.attributes.tolist() == [[0, 1], [1, -1]] and some.attribute_names[1] == "male"
    np.testing.assert_array_equal(some.images, images[[3, 0]])
    np.savez(
        tmp_path / "a.npz", images=images, labels=np.float32(vectors), attribute_names=["a", "b"]
    )
    opened = open_images(tmp_path / "a.npz")
    assert opened.attribute_names == ("a", "b") and opened.attributes.tolist() == vectors
