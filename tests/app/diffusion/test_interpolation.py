import numpy as np
import pytest
from keras import ops

from app.diffusion.interpolation import between, spherical
from app.diffusion.targets import Estimate


def spheres(share, first, second):
    """scipy-free: Gram-Schmidt, then a turn by a part of the angle; for vectors of one length."""
    length = np.linalg.norm(first)
    unit = first / length
    across = second - (second @ unit) * unit
    across /= np.linalg.norm(across)
    angle = np.arccos(second @ unit / np.linalg.norm(second))
    return length * (np.cos(share * angle) * unit + np.sin(share * angle) * across)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_the_arc_between_two_vectors_of_one_length(share):
    first, second = np.random.default_rng(3).normal(size=(2, 48))
    second *= np.linalg.norm(first) / np.linalg.norm(second)
    images = [vector.reshape(1, 4, 4, 3).astype("float32") for vector in (first, second)]
    found = ops.convert_to_numpy(spherical(*images, np.array([share]))).reshape(-1)
    np.testing.assert_allclose(found, spheres(share, first, second), atol=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_length_goes_along_when_the_two_differ(share):
    # At right angles sin(theta) is 1: sin and cos of the part of the angle are the weights.
    first, second = np.zeros((2, 1, 2, 2, 1), "float32")
    first[0, 0, 0], second[0, 1, 1] = 3.0, 0.5
    found = ops.convert_to_numpy(spherical(first, second, np.array([share]))).reshape(-1)
    angle = share * np.pi / 2
    expected = [3.0 * np.cos(angle), 0.0, 0.0, 0.5 * np.sin(angle)]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    # At 60 degrees, of lengths 3 and 0.5: sin 60 is the square root of 3/4.
    second = np.array([0.25, np.sqrt(3) / 4, 0, 0], "float32").reshape(1, 2, 2, 1)
    found = ops.convert_to_numpy(spherical(first, second, np.array([share]))).reshape(-1)
    weights = np.sin(np.pi / 3 * np.array([1 - share, share])) / np.sqrt(0.75)
    expected = weights[0] * first.ravel() + weights[1] * second.ravel()
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_noise_stays_noise():
    first, second = np.random.default_rng(0).normal(size=(2, 64, 16, 16, 1))
    middle = ops.convert_to_numpy(spherical(first, second, np.full(64, 0.5)))
    # 64 * 256 unit Gaussians: four standard errors of their variance; a straight line gives 0.5
    assert middle.var() == pytest.approx(1, abs=4 * np.sqrt(2 / middle.size))


def test_parallel_noises_go_straight():
    first = np.random.default_rng(1).normal(size=(1, 4, 4, 1)).astype("float32")
    np.testing.assert_allclose(spherical(first, first, np.array([0.3])), first, atol=1e-6)
    against = ops.convert_to_numpy(spherical(first, -first, np.array([0.25])))
    np.testing.assert_allclose(against, 0.5 * first, atol=1e-5)


def test_estimates_between_two_conditions():
    def denoise(noisy, time, condition):
        level = ops.reshape(condition, (-1, 1, 1, 1))
        return Estimate(noisy * 0.0 + level, noisy - level)

    noisy = np.ones((3, 2, 2, 1), "float32")
    pair = np.array([2.0, 2.0, 2.0], "float32"), np.array([4.0, 4.0, 8.0], "float32")
    share = np.array([0.0, 0.5, 0.25])
    clean, noise = between(denoise, share)(noisy, np.ones(3), pair)
    np.testing.assert_allclose(clean[:, 0, 0, 0], [2.0, 3.0, 3.5])
    np.testing.assert_allclose(noise[:, 0, 0, 0], [-1.0, -2.0, -2.5])
