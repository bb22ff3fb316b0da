"""What `fit` is fed: the batches themselves, or a tf.data set that gives the same ones."""

import keras
import numpy as np
import pytest

from app.data.feed import feed
from app.data.pipeline import Batches, FollowEpoch

IMAGES = np.arange(10, dtype="uint8").reshape(10, 1, 1, 1) * 20
LABELS = np.arange(10)


def test_other_backends_get_the_batches_themselves():
    if keras.backend.backend() == "tensorflow":
        pytest.skip("TensorFlow gets a tf.data set: the next tests")
    batches = Batches(IMAGES, LABELS, batch_size=4)
    assert feed(batches) is batches


def orders(epochs, initial_epoch=0):
    """The labels of every batch of some epochs, as `fit` would ask for them."""
    batches = Batches(IMAGES, LABELS, batch_size=3, seed=5)
    follow, fed, seen = FollowEpoch(batches), feed(batches), []
    for epoch in range(initial_epoch, epochs):
        follow.on_epoch_begin(epoch)
        seen.append([np.asarray(labels).tolist() for _, labels in iter(fed)])
    return seen


def test_every_epoch_comes_in_its_own_order_also_from_the_middle_on():
    whole = orders(3)
    assert whole[0] != whole[1] and whole[1] != whole[2]
    assert orders(3, initial_epoch=2) == whole[2:]
    direct = Batches(IMAGES, LABELS, batch_size=3, seed=5)
    direct.epoch = 1
    assert whole[1] == [direct[index][1].tolist() for index in range(3)]


def test_tensorflow_knows_the_length_and_does_not_tune():
    if keras.backend.backend() != "tensorflow":
        pytest.skip("a tf.data set is made on TensorFlow only")
    batches = Batches(IMAGES, LABELS, batch_size=4, drop_remainder=False)
    fed = feed(batches)
    assert int(fed.cardinality()) == 3 and fed.options().autotune.enabled is False
    assert [len(labels) for _, labels in fed] == [4, 4, 2]
