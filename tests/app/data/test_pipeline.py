import keras
import numpy as np
import pytest

from app.data import Dataset
from app.data.pipeline import Batches, FollowEpoch
from app.errors import UserError


def numbered(count=10, **options):
    """Images whose left pixel is their number and whose right pixel is 255 - number."""
    left = np.arange(count, dtype="uint8")
    images = np.stack([left, 255 - left], axis=1)[:, None, :, None]
    return Dataset("numbered", images, np.arange(count), flips=True, **options)


def epoch_labels(batches):
    return np.concatenate([labels for _, labels in batches]).tolist()


class Recorder(keras.Model):
    """A model that remembers in a table what it was trained on, for either backend."""

    def __init__(self, count, steps):
        super().__init__()
        self.scale = self.add_weight(shape=(), initializer="ones")
        self.table = self.add_weight(shape=(steps, count), initializer="zeros", trainable=False)
        self.step = self.add_weight(shape=(), dtype="int32", initializer="zeros", trainable=False)

    def call(self, images, training=False):
        if training:
            size = self.table.shape[1]
            numbers = keras.ops.cast(keras.ops.round(images[:, 0, 0, 0]), "int32")
            counts = keras.ops.sum(keras.ops.one_hot(numbers, size), axis=0)
            row = keras.ops.one_hot(self.step, self.table.shape[0])[:, None]
            self.table.assign_add(row * counts[None])
            self.step.assign_add(1)
        return images[:, 0, 0] * self.scale


def fit(batches, epochs, initial_epoch=0, **options):
    """Fits and returns the table (epoch, batch, image) of what was seen how often."""
    model = Recorder(len(batches.dataset), len(batches) * (epochs - initial_epoch))
    model.compile(keras.optimizers.SGD(0.0), "mse")
    callbacks = options.pop("callbacks", [FollowEpoch(batches)])
    model.fit(
        batches,
        epochs=epochs,
        initial_epoch=initial_epoch,
        shuffle=options.pop("shuffle", False),
        verbose=0,
        callbacks=callbacks,
        **options,
    )
    table = keras.ops.convert_to_numpy(model.table)
    return table.reshape(epochs - initial_epoch, len(batches), -1)


def test_the_order_is_a_golden_on_both_backends():
    # numpy 2.4: Generator(PCG64(SeedSequence((7, epoch)))).permutation(6)
    batches = Batches(numbered(6), batch_size=2, seed=7)
    orders = [batches.order(epoch).tolist() for epoch in range(3)]
    assert orders == [[5, 2, 0, 4, 1, 3], [3, 0, 2, 1, 4, 5], [2, 3, 0, 5, 1, 4]]
    assert epoch_labels(batches) == orders[0]
    batches.epoch = 2
    assert epoch_labels(batches) == orders[2]


def test_batches_have_the_stated_types_and_match_their_labels():
    images, labels = Batches(numbered(), batch_size=4, pixel_range=(0, 255))[1]
    assert images.dtype == np.float32 and images.shape == (4, 1, 2, 1)
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(images[:, 0, 0, 0], labels)
    assert isinstance(Batches(numbered(), False, batch_size=4)[0], np.ndarray)
    assert isinstance(Batches(numbered().images, batch_size=4)[0], np.ndarray)
    vectors = Dataset("v", numbered().images, np.ones((10, 3)))
    assert Batches(vectors, batch_size=4)[0][1].dtype == np.float32


def test_order_and_flips_do_not_hang_on_global_seeds():
    keras.utils.set_random_seed(1)
    first = epoch_labels(Batches(numbered(), batch_size=5, seed=3))
    keras.utils.set_random_seed(2)
    assert epoch_labels(Batches(numbered(), batch_size=5, seed=3)) == first
    assert epoch_labels(Batches(numbered(), batch_size=5, seed=4)) != first


def test_a_loop_moves_on_by_on_epoch_end():
    batches = Batches(numbered(), batch_size=5)
    first = epoch_labels(batches)
    assert epoch_labels(batches) == first
    batches.on_epoch_end()
    assert batches.epoch == 1 and epoch_labels(batches) != first
    batches.on_epoch_end()
    batches.on_epoch_end()
    assert batches.epoch == 2, "an end without a beginning does not count"


def test_remainder():
    assert len(Batches(numbered(), batch_size=4)) == 2
    whole = Batches(numbered(), batch_size=4, shuffle=False, drop_remainder=False)
    assert len(whole) == 3 and epoch_labels(whole) == list(range(10))
    with pytest.raises(IndexError, match="Batches 0 to 2"):
        whole[3]


def test_flips_mirror_half_of_the_images_and_change_with_the_epoch():
    batches = Batches(numbered(200), batch_size=200, flip=True, pixel_range=(0, 255))
    images, labels = batches[0]
    mirrored = images[:, 0, 0, 0] != labels
    np.testing.assert_array_equal(mirrored, batches.mirrored(0))
    np.testing.assert_array_equal(images[mirrored, 0, 1, 0], labels[mirrored])
    assert 70 < mirrored.sum() < 130
    assert (batches.mirrored(1) != batches.mirrored(0)).any()


def test_fit_sees_each_image_once_an_epoch_in_the_promised_order():
    batches = Batches(numbered(), batch_size=2, seed=5, pixel_range=(0, 255))
    table = fit(batches, epochs=3)
    np.testing.assert_array_equal(table.sum(axis=1), np.ones((3, 10)))
    for epoch in range(3):
        for step, chosen in enumerate(batches.order(epoch).reshape(-1, 2)):
            assert sorted(chosen) == np.flatnonzero(table[epoch, step]).tolist()
    assert batches.epoch == 3


@pytest.mark.parametrize("batch_size", [2, 5, 10])
def test_resume_at_an_epoch_equals_the_run_through(batch_size):
    def batches():
        return Batches(numbered(), batch_size=batch_size, seed=5, pixel_range=(0, 255))

    whole = fit(batches(), epochs=3)
    resumed = fit(batches(), epochs=3, initial_epoch=2)
    np.testing.assert_array_equal(resumed[0], whole[2])
    if batch_size < 10:  # without FollowEpoch, a single batch is the one case that is not exact
        by_hand = batches()
        by_hand.epoch = 2
        resumed = fit(by_hand, epochs=3, initial_epoch=2, callbacks=[])
        np.testing.assert_array_equal(resumed[0], whole[2])
        np.testing.assert_array_equal(fit(batches(), epochs=3, callbacks=[]), whole)


def test_validation_batches_stay_in_order_in_fit():
    validation = Batches(numbered(), batch_size=4, shuffle=False, drop_remainder=False)
    fit(Batches(numbered(), batch_size=5), epochs=2, validation_data=validation)
    assert epoch_labels(validation) == list(range(10))


def test_shuffling_by_fit_is_warned_of():
    batches = Batches(numbered(100), batch_size=1)
    batches.on_epoch_begin()
    with pytest.warns(UserWarning, match="shuffle=False"):
        batches[7]


def test_refusals():
    with pytest.raises(UserError, match="1 to 10.*Received: 11"):
        Batches(numbered(), batch_size=11)
    assert len(Batches(numbered(), batch_size=11, drop_remainder=False)) == 1
    with pytest.raises(UserError, match="Received: 0"):
        Batches(numbered(), batch_size=0)
    with pytest.raises(UserError, match="mirror image of 'digits'"):
        Batches(Dataset("digits", numbered().images), batch_size=2, flip=True)
    with pytest.raises(UserError, match="brings its own labels"):
        Batches(numbered(), np.arange(10), batch_size=2)
