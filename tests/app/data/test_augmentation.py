"""Augmented batches, looked at from outside: which image went where, by images that tell."""

import numpy as np
import pytest

from app.data import Dataset
from app.data.augmentation import AugmentedBatches, cropped

COUNT, SIZE = 64, 16
RANDOM = np.random.default_rng(0)
NOISE = RANDOM.integers(0, 256, (COUNT, SIZE, SIZE, 3)).astype("uint8")
PLAIN = np.broadcast_to(np.arange(COUNT)[:, None, None, None], (COUNT, SIZE, SIZE, 3)) * 4


def batches(images, policy="none", labels=None, **options):
    """One batch of all images, by default each of a class of its own, in order."""
    labels = np.arange(COUNT) if labels is None else labels
    dataset = Dataset("made", images.astype("uint8"), labels, flips=True)
    options = {"batch_size": COUNT, "shuffle": False, "pixel_range": (0, 1), **options}
    return AugmentedBatches(dataset, policy=policy, **options)


def two_of(targets):
    """Of each soft target: the image it came from, the other one, and the other one's share."""
    own = np.arange(COUNT)
    others = targets.copy()
    others[own, own] = 0
    other = np.where(others.any(axis=1), others.argmax(axis=1), own)
    np.testing.assert_allclose(targets[own, own] + others[own, other], 1, atol=1e-6)
    return own, other, np.where(other == own, 0, others[own, other])


def test_a_crop_is_a_window_of_the_image_with_zeros_around_it():
    margin, places = 2, []
    images = NOISE[..., :1] / 255 + 0.5
    for image, moved in zip(images, cropped(images, margin, RANDOM), strict=True):
        fits = []
        for down in range(-margin, margin + 1):
            for right in range(-margin, margin + 1):
                window = np.zeros_like(image)
                rows = np.arange(SIZE) + down
                columns = np.arange(SIZE) + right
                inside = np.ix_((rows >= 0) & (rows < SIZE), (columns >= 0) & (columns < SIZE))
                source = np.ix_(rows[(rows >= 0) & (rows < SIZE)], columns[inside[1][0]])
                window[inside] = image[source]
                if np.array_equal(window, moved):
                    fits.append((down, right))
        assert len(fits) == 1
        places += fits
    assert {down for down, _ in places} == {right for _, right in places} == {-2, -1, 0, 1, 2}
    assert len(set(places)) > 12  # each image has a place of its own


def test_every_place_of_a_crop_is_as_likely_as_any_other():
    image = np.zeros((9000, 3, 3, 1))
    image[:, 1, 1] = 1
    found = cropped(image, 1, np.random.default_rng(0))
    counts = found.sum(axis=0).ravel()
    assert counts.sum() == 9000
    assert np.all(abs(counts - 1000) < 5 * np.sqrt(1000 * 8 / 9))


def test_batches_are_cropped_and_labels_stay():
    images, labels = batches(NOISE, crop=3)[0]
    plain = batches(NOISE)[0][0]
    assert images.shape == plain.shape and not np.array_equal(images, plain)
    np.testing.assert_array_equal(labels, np.arange(COUNT))
    np.testing.assert_array_equal(batches(NOISE, crop=0)[0][0], plain)


def test_mixup_is_the_mixture_that_its_labels_state():
    images, targets = batches(NOISE, "mixup")[0]
    np.testing.assert_allclose(targets.sum(axis=1), 1, atol=1e-6)
    own, other, share = two_of(targets)
    pixels = NOISE.astype("float64") / 255
    share = share[:, None, None, None]
    expected = (1 - share) * pixels[own] + share * pixels[other]
    np.testing.assert_allclose(images, expected, atol=1e-6)
    assert len(np.unique(other)) > COUNT / 2  # a permutation, less what mixes next to nothing
    assert np.ptp(share) > 0.5  # a weight for each image


def test_cutmix_pastes_a_box_whose_share_of_pixels_its_labels_state():
    images, targets = batches(PLAIN, "cutmix")[0]
    np.testing.assert_allclose(targets.sum(axis=1), 1, atol=1e-6)
    numbers, checked = np.round(images * 255 / 4).astype(int), 0
    for image, first, second, share in zip(numbers, *two_of(targets), strict=True):
        pasted = image[..., 0] != first
        assert np.all(image == image[..., :1]) and np.all(image[pasted] == second)
        rows, columns = pasted.any(axis=1), pasted.any(axis=0)
        np.testing.assert_array_equal(pasted, rows[:, None] & columns)  # a box
        for line in (rows, columns):
            assert np.count_nonzero(np.diff(line.astype(int))) <= 2
        # The sides of Keras's box are no whole numbers of pixels and the label has its area; so
        # the two agree to within a pixel of each side, not exactly as in the paper.
        side = np.sqrt(share) * SIZE
        assert np.floor(side - 1e-4) <= rows.sum() <= np.ceil(side + 1e-4)
        assert np.floor(side - 1e-4) <= columns.sum() <= np.ceil(side + 1e-4)
        checked += 1 < pasted.sum() < SIZE**2
    assert checked > 5


def test_rand_augment_changes_images_and_not_their_labels():
    images, labels = batches(NOISE, "rand_augment")[0]
    plain = batches(NOISE)[0][0]
    assert images.dtype == np.float32 and images.shape == plain.shape
    assert np.all(np.isfinite(images)) and images.min() >= 0 and images.max() <= 1
    np.testing.assert_array_equal(labels, np.arange(COUNT))
    changed = abs(images - plain).max(axis=(1, 2, 3)) > 0.02
    assert changed.mean() > 0.5
    np.testing.assert_array_equal(batches(NOISE, "rand_augment")[0][0], images)


@pytest.mark.parametrize("options", [{"crop": 2}, {"policy": "cutmix"}, {"policy": "mixup"}])
def test_what_is_done_depends_on_seed_epoch_and_batch_alone(options):
    def seen(seed, epoch, index):
        made = batches(NOISE, **options, seed=seed, batch_size=COUNT // 2)
        made.epoch = epoch
        return np.concatenate([part.ravel() for part in made[index]])

    first = seen(1, 2, 1)
    np.testing.assert_array_equal(seen(1, 2, 1), first)
    for other in (seen(2, 2, 1), seen(1, 3, 1)):
        assert not np.array_equal(other, first)


@pytest.mark.parametrize("policy", ["none", "rand_augment", "mixup", "cutmix"])
def test_the_signature_is_that_of_the_batches(policy):
    labels = np.arange(COUNT) % 5
    made = batches(NOISE, policy, labels, crop=1)
    for (shape, kind), array in zip(made.signature, made[0], strict=True):
        assert array.shape == shape and array.dtype == kind
    assert made[0][1].ndim == 1 + (policy in ("mixup", "cutmix"))
