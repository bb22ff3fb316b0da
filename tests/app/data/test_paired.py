import keras
import numpy as np
import pytest

from app.data import Dataset
from app.data.feed import feed
from app.data.paired import PairedBatches
from app.data.pipeline import Batches
from app.errors import UserError

IMAGES = np.arange(10, dtype="uint8").reshape(10, 1, 1, 1)
PARTNERS = np.arange(100, 107, dtype="uint8").reshape(7, 1, 1, 1)
WIDE = (0.0, 255.0)


def pairs(epoch=0, shuffle=True, labels=None, images=IMAGES):
    dataset = Dataset("numbered", images, np.arange(10), flips=True)
    batches = PairedBatches(
        dataset,
        PARTNERS,
        labels=labels,
        batch_size=4,
        pixel_range=WIDE,
        seed=7,
        shuffle=shuffle,
        drop_remainder=shuffle,
    )
    batches.epoch = epoch
    return batches


def test_partners_are_a_golden_on_both_backends():
    # numpy 2.4: Generator(PCG64(SeedSequence((7, epoch, 2)))).integers(7, size=10)
    assert pairs().partner_rows(0).tolist() == [6, 0, 3, 1, 2, 6, 1, 0, 4, 4]
    assert pairs().partner_rows(1).tolist() == [4, 6, 6, 5, 5, 1, 6, 4, 5, 3]


def test_images_and_labels_are_those_of_plain_batches_and_partners_follow():
    batches, plain = pairs(epoch=1), Batches(IMAGES, np.arange(10), 4, WIDE, seed=7)
    plain.epoch = 1
    for index in range(2):
        found, labels = batches[index]
        images, expected = plain[index]
        assert found.shape == (4, 1, 1, 2) and found.dtype == "float32"
        np.testing.assert_array_equal(found[..., :1], images)
        np.testing.assert_array_equal(labels, expected)
        rows = batches.partner_rows(1)[4 * index : 4 * index + 4]
        np.testing.assert_array_equal(found[..., 1:], PARTNERS[rows])


def test_an_epoch_gone_to_directly_has_the_pairs_of_one_come_to():
    through = pairs()
    for epoch in range(3):
        seen = [np.array(batch[0]) for batch in through]
        through.on_epoch_end()
        again = pairs(epoch)
        np.testing.assert_array_equal(seen, [again[index][0] for index in range(2)])
    assert through.epoch == 3


def test_validation_has_fixed_partners_and_a_smaller_last_batch():
    batches = pairs(shuffle=False)
    found = np.concatenate([batches[index][0] for index in range(3)])
    np.testing.assert_array_equal(found[:, 0, 0, 0], np.arange(10))
    np.testing.assert_array_equal(found[:, 0, 0, 1], 100 + np.arange(10) % 7)
    batches.epoch = 5
    np.testing.assert_array_equal(found[:4], batches[0][0])


@pytest.mark.parametrize("labels", [None, False])
def test_fit_is_fed_with_pairs(labels):
    batches = pairs(labels=labels)
    for index, batch in zip(range(2), feed(batches), strict=False):
        expected = batches[index]
        images = batch[0] if isinstance(batch, tuple) else batch
        wanted = expected[0] if isinstance(expected, tuple) else expected
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(images), wanted)


def test_partners_of_another_shape_are_refused():
    with pytest.raises(UserError, match=r"have the shape \(2, 2, 1\)"):
        pairs(images=np.zeros((10, 2, 2, 1), "uint8"))
