import numpy as np
import pytest

from app.metrics.features.seeded_batches import SeededBatches, crop_and_flip


def draw(batches):
    return [batches[index] for index in range(len(batches))]


def test_an_epoch_shows_every_sample_at_most_once_and_drops_the_rest():
    batches = SeededBatches(11, 0, 4, lambda chosen, generator: chosen)
    shown = np.concatenate(draw(batches))
    assert len(batches) == 2 and len(set(shown.tolist())) == 8
    assert set(shown.tolist()) <= set(range(11))


def test_seed_epoch_and_place_decide_everything():
    def make(chosen, generator):
        return chosen.tolist(), float(generator.random())

    first, same, other = (SeededBatches(12, seed, 4, make) for seed in (0, 0, 1))
    assert draw(first) == draw(same) != draw(other)
    assert first[1] == first[1], "asking twice changes nothing"
    first.on_epoch_begin()
    assert draw(first) != draw(same)
    assert draw(SeededBatches(12, 0, 4, make, epoch=1)) == draw(first)


def squares(image, size):
    """Every square of that side in an image, as it stands and mirrored."""
    places = range(len(image) - size + 1)
    for row in places:
        for column in places:
            square = image[row : row + size, column : column + size]
            yield square, False
            yield square[:, ::-1], True


def test_a_crop_is_one_of_the_squares_of_its_image():
    images = np.arange(40 * 5 * 5 * 2).reshape(40, 5, 5, 2)  # no two pixels are alike
    cropped = crop_and_flip(images, np.random.default_rng(0), 3)
    mirrored = []
    for image, crop in zip(images, cropped, strict=True):
        found = [flip for square, flip in squares(image, 3) if np.array_equal(square, crop)]
        assert len(found) == 1
        mirrored += found
    assert 5 < sum(mirrored) < 35
    starts = {int(crop.min()) % 50 for crop in cropped}
    assert len(starts) == 9, "every place occurs"


def test_edges_are_mirrored_into_view():
    image = np.arange(9).reshape(1, 3, 3, 1)
    padded = np.pad(image[0, :, :, 0], 1, mode="reflect")
    assert padded[0, 0] == 4  # by hand: the neighbour across the corner, not the corner
    allowed = {square[..., None].tobytes() for square, _ in squares(padded, 3)}
    for seed in range(20):
        assert crop_and_flip(image, np.random.default_rng(seed), 3, 1)[0].tobytes() in allowed


@pytest.mark.parametrize("flip", [False, np.array([False] * 15 + [True] * 15)])
def test_digits_are_never_mirrored(flip):
    images = np.tile(np.arange(4), (30, 4, 1))[..., None]
    moved = crop_and_flip(images, np.random.default_rng(0), 4, flip=flip)
    changed = np.any(moved != images, axis=(1, 2, 3))
    assert not changed[:15].any()
    assert changed[15:].any() == np.any(flip)
