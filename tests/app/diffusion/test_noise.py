"""Noise sources: entropy by hand and by numpy, what is recorded, what sampling starts from."""

import keras
import numpy as np
import pytest
from keras import ops

from app.diffusion.noise import EntropyScaledNoise, GaussianNoise, ImageNoise
from app.diffusion.noise.entropy import UnitNoiseTarget, entropy
from app.diffusion.randomness import PREDICTOR, START, normal
from app.diffusion.targets import CleanTarget, NoiseTarget
from tests.app.diffusion.modes import MODES

RANDOM = np.random.default_rng(3)
# Few grey levels, many, and one: of each kind two images.
IMAGES = np.concatenate(
    [
        RANDOM.choice([0, 17, 254], size=(2, 6, 6, 1)),
        RANDOM.integers(0, 256, (2, 6, 6, 1)),
        np.full((2, 6, 6, 1), 40),
    ]
)


def by_numpy(pixels):
    """Entropy in bits by numpy's own histogram."""
    counts, _ = np.histogram(np.asarray(pixels, "float64"), bins=256)
    shares = counts[counts > 0] / counts.sum()
    return -np.sum(shares * np.log2(shares))


def logistic(value):
    return 1.0 / (1.0 + np.exp(-value))


@pytest.mark.parametrize(
    ("pixels", "bits"),
    [
        ([0.0, 0.0, 1.0, 1.0], 1.0),
        ([-1.0, 0.0, 0.5, 1.0], 2.0),
        ([0.0, 0.0, 0.0, 3.0], 0.75 * np.log2(4.0 / 3.0) + 0.25 * 2.0),
        ([0.0, 0.0, 0.5, 1.0], 1.5),
        ([0.7, 0.7, 0.7, 0.7], 0.0),
        # 256 bins of width 1/256 from 0 to 1: 0.001 falls in with 0, 0.999 with 1.
        ([0.0, 0.001, 0.999, 1.0], 1.0),
    ],
)
def test_the_entropy_of_four_pixels_by_hand(pixels, bits):
    images = np.reshape(pixels, (1, 2, 2, 1)).astype("float32")
    for by in ("image", "batch"):
        found = ops.convert_to_numpy(entropy(ops.convert_to_tensor(images), by))
        np.testing.assert_allclose(found.reshape(-1), [bits], atol=1e-6)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("low", [-1.0, 0.0])
def test_entropy_is_that_of_numpys_histogram(mode, low):
    floats = (low + (1.0 - low) * IMAGES / 255.0).astype("float32")
    each = MODES[mode](lambda images: entropy(images, "image"))(floats)
    whole = MODES[mode](lambda images: entropy(images, "batch"))(floats)
    expected = [by_numpy(image) for image in IMAGES]
    np.testing.assert_allclose(ops.convert_to_numpy(each), expected, atol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(whole), by_numpy(IMAGES), atol=1e-5)


def test_gaussian_noise_is_the_generators_own():
    shape, seeds = (3, 6, 6, 1), [keras.random.SeedGenerator(5) for _ in range(2)]
    drawn = GaussianNoise().draw(ops.zeros(shape), seeds[0])
    np.testing.assert_array_equal(drawn, keras.random.normal(shape, seed=seeds[1]))
    start = GaussianNoise().start(7, 2, 3, shape[1:])
    np.testing.assert_array_equal(start, normal(7, 2, 3, 0, START, shape[1:]))
    assert GaussianNoise().in_loop(7, 2) is None


@pytest.mark.parametrize("by", ["image", "batch", "constant"])
def test_scaled_noise_is_unit_noise_times_the_logistic_entropy(by):
    source, clean = EntropyScaledNoise(by, constant=0.6 if by == "constant" else 0.878), IMAGES
    bits = [by_numpy(clean if by == "batch" else image) for image in clean]
    scales = np.full(6, 0.6) if by == "constant" else logistic(np.array(bits))
    assert by != "image" or np.ptp(scales) > 0.4  # an even image 0.5, a busy one nearly 1
    seeds = [keras.random.SeedGenerator(5) for _ in range(2)]
    drawn = source.draw(ops.convert_to_tensor(clean.astype("float32")), seeds[0])
    unit = ops.convert_to_numpy(keras.random.normal(clean.shape, seed=seeds[1]))
    np.testing.assert_allclose(drawn, scales.reshape(-1, 1, 1, 1) * unit, rtol=1e-5, atol=1e-6)


def test_the_mean_scale_of_all_batches_is_recorded():
    source, seed = EntropyScaledNoise(), keras.random.SeedGenerator(1)
    assert float(source.recorded) == 1.0
    means = []
    for rows in (slice(0, 2), slice(2, 4), slice(4, 6)):
        source.draw(ops.convert_to_tensor(IMAGES[rows].astype("float32")), seed)
        means.append(np.mean([logistic(by_numpy(image)) for image in IMAGES[rows]]))
        np.testing.assert_allclose(float(source.recorded), np.mean(means), rtol=1e-6)
    source.fixed(ops.convert_to_tensor(IMAGES[:2].astype("float32")), 0, (6, 6, 1))
    assert float(source.batches) == 3.0  # validation is not training


def test_sampling_starts_from_and_draws_noise_of_the_recorded_scale():
    source, plain = EntropyScaledNoise(), EntropyScaledNoise(unit_start=True)
    for scaled in (source, plain):
        scaled.recorded.assign(0.25)
    unit = ops.convert_to_numpy(normal(4, 1, 2, 0, START, (3, 3, 1)))
    np.testing.assert_allclose(source.start(4, 1, 2, (3, 3, 1)), 0.25 * unit, rtol=1e-6)
    np.testing.assert_allclose(plain.start(4, 1, 2, (3, 3, 1)), unit, rtol=1e-6)
    unit = ops.convert_to_numpy(normal(4, 1, 2, 9, PREDICTOR, (3, 3, 1)))
    for scaled in (source, plain):
        np.testing.assert_allclose(scaled.in_loop(4, 1)(9, (2, 3, 3, 1)), 0.25 * unit, rtol=1e-6)


def test_a_target_of_unit_noise_is_read_back_at_the_recorded_scale():
    source = EntropyScaledNoise(unit_target=True)
    target = source.target(NoiseTarget())
    clean = ops.convert_to_tensor(IMAGES.astype("float32"))
    unit = ops.convert_to_numpy(normal(0, 0, 6, 0, START, (6, 6, 1)))
    wanted = target.regression_target(clean, source.fixed(clean, 0, (6, 6, 1)), 0.8, 0.6)
    np.testing.assert_allclose(wanted, unit, rtol=1e-5, atol=1e-6)
    source.recorded.assign(0.5)
    noisy = ops.convert_to_tensor(0.8 * IMAGES.astype("float32") + 0.6 * 0.5 * unit)
    estimate = target.estimate(ops.convert_to_tensor(unit), noisy, 0.8, 0.6)
    np.testing.assert_allclose(estimate.noise, 0.5 * unit, rtol=1e-6)
    np.testing.assert_allclose(estimate.clean, IMAGES, rtol=1e-4, atol=1e-4)
    assert isinstance(target, UnitNoiseTarget)
    assert EntropyScaledNoise().target(target) is target


def test_starts_follow_the_index_in_an_order_of_the_seed_each_once():
    starts = np.arange(10, dtype="uint8").reshape(10, 1, 1, 1)
    source = ImageNoise(starts)
    whole = source.start(3, 0, 10, (1, 1, 1)).ravel()
    assert sorted(whole) == list(range(10)) and list(whole) != list(range(10))
    np.testing.assert_array_equal(source.start(3, 4, 3, (1, 1, 1)).ravel(), whole[4:7])
    assert list(source.start(4, 0, 10, (1, 1, 1)).ravel()) != list(whole)
    # numpy 2.4: Generator(PCG64(3)).permutation(10)
    assert list(whole) == [9, 6, 0, 2, 1, 4, 7, 5, 3, 8]


@pytest.mark.parametrize("source", [ImageNoise(), ImageNoise(np.zeros((4, 1, 1, 1), "uint8"))])
def test_too_few_starts_are_refused(source):
    with pytest.raises(ValueError, match=r"there are [04] images to start from\. Ask for fewer"):
        source.start(0, 2, 3, (1, 1, 1))


def test_pairs_are_taken_apart_and_single_images_refused():
    pairs = RANDOM.normal(size=(2, 4, 4, 6)).astype("float32")
    clean, noise = ImageNoise().separate(ops.convert_to_tensor(pairs))
    np.testing.assert_array_equal(clean, pairs[..., :3])
    np.testing.assert_array_equal(noise, pairs[..., 3:])
    with pytest.raises(ValueError, match="followed by its noise"):
        ImageNoise().separate(ops.zeros((2, 4, 4, 1)))


def test_sources_survive_a_config():
    source = EntropyScaledNoise("batch", unit_target=True, unit_start=True)
    config = keras.saving.serialize_keras_object(source)
    assert keras.saving.deserialize_keras_object(config).get_config() == source.get_config()
    for plain in (GaussianNoise(), ImageNoise()):
        config = keras.saving.serialize_keras_object(plain)
        assert type(keras.saving.deserialize_keras_object(config)) is type(plain)


def test_wrong_arguments_are_refused_with_a_sentence():
    with pytest.raises(ValueError, match="`by` must be one of"):
        EntropyScaledNoise("channel")
    with pytest.raises(ValueError, match="`constant` must be above 0"):
        EntropyScaledNoise("constant", constant=0.0)
    with pytest.raises(ValueError, match="in place of the noise"):
        EntropyScaledNoise(unit_target=True).target(CleanTarget())
    with pytest.raises(ValueError, match="Pass target 'clean'"):
        ImageNoise().target(NoiseTarget())
