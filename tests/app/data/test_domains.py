"""Batches of two domains: every image of both, no label of the target, repeatable."""

import numpy as np
import pytest

from app.data import Dataset
from app.data.domains import UNLABELLED, DomainBatches
from app.errors import UserError


def domain(count, value, labels=None, size=4):
    """Images whose first pixel is their number, and whose others are `value`."""
    images = np.full((count, size, size, 1), value, "uint8")
    images[:, 0, 0, 0] = np.arange(count)
    names = () if labels is None else ("a", "b", "c")
    return Dataset(f"domain {value}", images, labels, names)


SOURCE = domain(10, 200, np.arange(10) % 3)
TARGET = domain(24, 100, np.full(24, 2))  # labels that must not be seen


def numbers(images):
    return np.rint(images[:, 0, 0, 0] * 255).astype(int)


def test_half_of_a_batch_is_the_source_with_its_labels_half_the_target_without():
    batches = DomainBatches(SOURCE, TARGET, batch_size=4)
    assert len(batches) == 6  # one pass over the larger domain
    for images, labels in batches:
        assert images.shape == (8, 4, 4, 1) and labels.dtype == np.int32
        np.testing.assert_allclose(images[:4, 1, 1, 0], 200 / 255, rtol=1e-6)
        np.testing.assert_allclose(images[4:, 1, 1, 0], 100 / 255, rtol=1e-6)
        np.testing.assert_array_equal(labels[:4], SOURCE.labels[numbers(images[:4])])
        assert np.all(labels[4:] == UNLABELLED)


def test_labels_of_the_target_cannot_leak():
    other = domain(24, 100, np.zeros(24, int))
    seen, again = (DomainBatches(SOURCE, target, 4) for target in (TARGET, other))
    for one, two in zip(seen, again, strict=True):
        for left, right in zip(one, two, strict=True):
            np.testing.assert_array_equal(left, right)
    assert not any(value is TARGET.labels for value in vars(seen).values())


def test_the_larger_domain_is_seen_once_an_epoch_and_the_smaller_goes_round():
    batches = DomainBatches(SOURCE, TARGET, batch_size=4)
    seen = [numbers(batches[index][0]) for index in range(6)]
    assert sorted(np.concatenate([row[4:] for row in seen])) == list(range(24))
    source = [row[:4] for row in seen]
    for turn in range(3):  # two batches of four of the ten, then a new order
        assert len(set(np.concatenate(source[2 * turn : 2 * turn + 2]))) == 8
    assert not np.array_equal(source[0], source[2])


def test_an_epoch_depends_on_its_number_alone():
    first = DomainBatches(SOURCE, TARGET, batch_size=4, seed=3)
    for index in range(6):
        first[index]
    second = DomainBatches(SOURCE, TARGET, batch_size=4, seed=3)
    first.epoch = second.epoch = 5
    for index in (4, 0, 5):
        np.testing.assert_array_equal(first[index][0], second[index][0])
    second.epoch = 6
    assert not np.array_equal(first[0][0], second[0][0])


def test_the_signature_is_that_of_a_batch():
    batches = DomainBatches(SOURCE, TARGET, batch_size=4)
    for (shape, kind), array in zip(batches.signature, batches[0], strict=True):
        assert array.shape == shape and array.dtype == kind


def test_domains_that_do_not_fit_are_refused():
    with pytest.raises(UserError, match=r"one shape. Received: \(4, 4, 1\).*\(5, 5, 1\)"):
        DomainBatches(SOURCE, domain(24, 1, size=5), 4)
    with pytest.raises(
        UserError, match="takes 11 images of each domain, and the smaller one has 10"
    ):
        DomainBatches(SOURCE, TARGET, 11)
