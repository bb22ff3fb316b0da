import keras
import numpy as np
import pytest

from app.data import load, split
from app.data.pipeline import Batches, FollowEpoch
from app.errors import UserError
from tests.app.data.celeba import store_celeba


@pytest.fixture(scope="module")
def celeba(tmp_path_factory):
    """A prepared stand-in for CelebA: flat grey images whose value is 10 times their number."""
    folder = tmp_path_factory.mktemp("tfds")

    def image(number):
        framed = np.full((218, 178, 3), 10 * number, "uint8")
        framed[:39], framed[-39:], framed[:, :19], framed[:, -19:] = 255, 255, 255, 255
        return framed

    store_celeba(
        folder,
        train=12,
        validation=5,
        test=4,
        names=("Young", "Bald"),
        image=image,
        has=lambda number, place: place == 1 or number % 2 == 1,
        encoding="jpeg",
    )
    return folder


def numbers(images):
    """The numbers of images, from uint8 or from floats in -1..1."""
    pixels = images if images.dtype == np.uint8 else (images + 1) * 127.5
    return np.round(pixels[:, 12, 12, 0] / 10).astype(int).tolist()


def epoch_numbers(batches):
    return sum((numbers(images) for images, _ in batches), [])


def test_celeba_is_cut_resized_and_streamed_with_attributes(celeba):
    dataset = load("celeb_a", celeba, size=32)
    assert dataset.streamed and len(dataset) == 12 and dataset.image_shape == (32, 32, 3)
    assert dataset.attribute_names == ("Bald", "Young") and dataset.version == "2.1.0"
    assert dataset.flips and len(dataset.digest) == 16 and "streamed" in repr(dataset)
    assert load("celeb_a", celeba, size=16).digest != dataset.digest
    first = dataset.first(6)
    assert first.images.shape == (6, 32, 32, 3) and first.images.dtype == np.uint8
    assert numbers(first.images) == list(range(6))
    # The white frame lies outside the centre 140x140, but for what JPEG smears over the edge.
    assert np.abs(first.images[5, 1:-1, 1:-1].astype(int) - 50).max() <= 4
    assert first.labels.tolist() == [[1, -1], [1, 1]] * 3
    assert numbers(load("celeb_a", celeba, "all").first(21).images) == list(range(21))
    assert numbers(load("celeb_a", celeba, "test").first(4).images) == [17, 18, 19, 20]


def test_streamed_batches_have_one_order_for_each_seed_and_epoch(celeba):
    dataset = load("celeb_a", celeba)

    def epochs(seed):
        batches = Batches(dataset, batch_size=4, seed=seed)
        orders = []
        for _ in range(2):
            orders.append(epoch_numbers(batches))
            batches.on_epoch_end()
        return orders

    orders = epochs(3)
    assert all(sorted(order) == list(range(12)) for order in orders) and orders[0] != orders[1]
    keras.utils.set_random_seed(5)
    resumed = Batches(dataset, batch_size=4, seed=3)
    resumed.epoch = 1
    assert numbers(resumed[2][0]) == orders[1][8:], "a batch out of turn is the same batch"
    assert epoch_numbers(resumed) == orders[1], "no global seed has a say in the order"
    labels = resumed[0][1]
    assert labels.dtype == np.float32 and labels.shape == (4, 2)


def test_a_stream_trains_on_either_backend(celeba):
    labelled = Batches(load("celeb_a", celeba, size=8), batch_size=5)
    model = keras.Sequential([keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    model.fit(labelled, epochs=2, shuffle=False, verbose=0, callbacks=[FollowEpoch(labelled)])
    assert labelled.epoch == 2
    batches = Batches(load("celeb_a", celeba, size=8), labels=False, batch_size=4, flip=True)
    assert batches[0].shape == (4, 8, 8, 3)


def test_a_stream_is_split_by_position(celeba):
    train, validation = split(load("celeb_a", celeba, "all"), 0.2)
    assert len(train) == 17 and len(validation) == 4 and validation.split == "validation"
    assert numbers(validation.first(4).images) == [17, 18, 19, 20]
    assert train.digest != validation.digest
    with pytest.raises(UserError, match="only be cut into ranges"):
        train.select([0])


def test_slices_and_rows_are_those_of_the_order(celeba):
    images = load("celeb_a", celeba, split="all").images
    assert numbers(images[3:6]) == [3, 4, 5]
    assert numbers(images[np.array([14, 2, 2, 20])]) == [14, 2, 2, 20]
    assert numbers(images.range(10, 15)[1:9]) == [11, 12, 13, 14]
