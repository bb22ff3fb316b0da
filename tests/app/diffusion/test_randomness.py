import numpy as np
import pytest
from keras import ops
from scipy import stats

from app.diffusion import randomness
from app.diffusion.randomness import CORRECTOR, PREDICTOR, START, normal, threefry
from tests.app.diffusion.modes import MODES

# Random123 1.14, tests/kat_vectors, "threefry2x32 20": counter, key, result.
KNOWN_ANSWERS = [
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
]


def words(values):
    return tuple(ops.convert_to_tensor(np.array([value], "uint32")) for value in values)


def draw(seed=3, first_index=0, count=4, step=0, stream=START, shape=(5, 3, 1)):
    return ops.convert_to_numpy(normal(seed, first_index, count, step, stream, shape))


@pytest.mark.parametrize("mode", MODES)
def test_known_answers(mode):
    run = MODES[mode](threefry)
    for counter, key, expected in KNOWN_ANSWERS:
        result = run(words(key), words(counter))
        assert tuple(int(ops.convert_to_numpy(word)[0]) for word in result) == expected


def reference(seed, first_index, count, step, stream, shape):
    """The same numbers in numpy float64 and Python integers."""
    mask, size = 0xFFFFFFFF, int(np.prod(shape))
    pairs = (size + 1) // 2
    images = np.empty((count, 2 * pairs))
    for image in range(count):
        keys = [seed & mask, (first_index + image) & mask]
        keys.append(0x1BD11BDA ^ keys[0] ^ keys[1])
        for pair in range(pairs):
            left, right = (pair + keys[0]) & mask, (16 * step + stream + keys[1]) & mask
            for turn in range(20):
                bits = (13, 15, 26, 6, 17, 29, 16, 24)[turn % 8]
                left = (left + right) & mask
                right = (((right << bits) | (right >> (32 - bits))) & mask) ^ left
                if turn % 4 == 3:
                    group = turn // 4 + 1
                    left = (left + keys[group % 3]) & mask
                    right = (right + keys[(group + 1) % 3] + group) & mask
            radius = np.sqrt(-2 * np.log(((left >> 8) + 1) / 2**24))
            angle = np.pi * ((right >> 8) / 2**23 - 1)
            images[image, pair] = radius * np.cos(angle)
            images[image, pairs + pair] = radius * np.sin(angle)
    return images[:, :size].reshape(count, *shape)


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_draws_the_numbers_of_the_reference(mode):
    run = MODES[mode](lambda s, f, i: normal(s, f, 3, i, PREDICTOR, (5, 3, 1)))
    for seed in (0, 3, -1, 2**31 - 1):
        result = run(*(np.array(value, "int32") for value in (seed, 7, 250)))
        expected = reference(seed, 7, 3, 250, PREDICTOR, (5, 3, 1))
        np.testing.assert_allclose(ops.convert_to_numpy(result), expected, rtol=2e-6, atol=2e-6)


def test_python_numbers_and_tensors_draw_the_same():
    tensors = [np.array(value, "int32") for value in (3, 5, 9)]
    np.testing.assert_array_equal(
        draw(3, 5, step=9),
        ops.convert_to_numpy(normal(tensors[0], tensors[1], 4, tensors[2], START, (5, 3, 1))),
    )


def test_moments_and_distribution():
    values = draw(count=200, shape=(32, 31, 1)).astype("float64").ravel()
    n = values.size
    assert abs(values.mean()) < 4 / np.sqrt(n)
    assert abs(values.var() - 1) < 4 * np.sqrt(2 / n)
    assert abs(stats.skew(values)) < 4 * np.sqrt(6 / n)
    assert abs(stats.kurtosis(values)) < 4 * np.sqrt(24 / n)
    assert stats.kstest(values, "norm").pvalue > 1e-3
    assert np.all(np.isfinite(values)) and np.abs(values).max() < 5.8


@pytest.mark.parametrize(
    "other",
    [{"seed": 4}, {"first_index": 200}, {"step": 1}, {"stream": CORRECTOR}],
    ids=["seed", "index", "step", "stream"],
)
def test_draws_are_independent(other):
    one = draw(count=100, shape=(16, 16, 1)).ravel()
    two = draw(**{"count": 100, "shape": (16, 16, 1), **other}).ravel()
    assert abs(np.corrcoef(one, two)[0, 1]) < 4 / np.sqrt(one.size)


def test_pixels_and_images_are_independent():
    images = draw(count=4000, shape=(4, 4, 1)).reshape(4000, 16)
    correlation = np.corrcoef(images.T) - np.eye(16)
    assert np.abs(correlation).max() < 5 / np.sqrt(4000)
    neighbours = np.corrcoef(images[:-1].ravel(), images[1:].ravel())[0, 1]
    assert abs(neighbours) < 4 / np.sqrt(images.size)


def test_an_image_does_not_depend_on_its_batch():
    whole = draw(count=7, step=2)
    parts = [draw(first_index=first, count=count, step=2) for first, count in ((0, 3), (3, 4))]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_the_ends_of_the_random_words_give_finite_noise(monkeypatch):
    least, last = 0, 0xFFFFFFFF
    pairs = [[least, least, last, last]], [[least, last, least, last]]
    both = [ops.convert_to_tensor(np.array(side, "uint32")) for side in pairs]
    monkeypatch.setattr(randomness, "threefry", lambda key, counter: both)
    found = draw(count=1, shape=(8,))[0]
    # u is 2^-24 or 1, v is -1 or 1 - 2^-23: the largest radius there is, and 0.
    most = np.sqrt(-2 * np.log(2.0**-24))
    assert np.all(np.isfinite(found)) and np.abs(found).max() <= 5.8
    np.testing.assert_allclose(found, [-most, -most, 0, 0, 0, 0, 0, 0], atol=1e-5)


def test_a_stream_out_of_range_and_an_unknown_shape_are_refused():
    with pytest.raises(ValueError, match="from 0 to 15"):
        draw(stream=randomness.STREAMS)
    with pytest.raises(ValueError, match="must be known"):
        draw(shape=(None, 3))
