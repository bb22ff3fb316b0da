import warnings

import numpy as np
import pytest
from scipy.stats import binom, truncnorm

from app.data.label_noise import (
    CIFAR10_PAIRS,
    MNIST_PAIRS,
    asymmetric,
    instance_dependent,
    symmetric,
)
from app.errors import UserError

CLEAN = np.repeat(np.arange(10), 2000)
CIFAR10 = "airplane automobile bird cat deer dog frog horse ship truck".split()


def assert_binomial(share, count, probability):
    """Within what one draw in a million leaves."""
    low, high = binom.interval(1 - 1e-6, count, probability)
    assert low <= share * count <= high


@pytest.mark.parametrize("rate", [0.25, 0.4, 0.75])
@pytest.mark.parametrize("include_true, wrong", [(False, 1.0), (True, 0.9)])
def test_symmetric_rates_and_transitions(rate, include_true, wrong):
    noisy = symmetric(CLEAN, 10, rate, seed=3, include_true=include_true)
    assert_binomial(noisy.rate, 20000, rate * wrong)
    for i in range(10):
        assert_binomial(noisy.rate_by_class[i], 2000, rate * wrong)
        for j in set(range(10)) - {i}:
            assert_binomial(noisy.transitions[i, j], 2000, rate * wrong / 9)
    assert noisy.rate == np.mean(noisy.labels != CLEAN)
    assert ("included" in noisy.description) == include_true


def test_pairs_are_the_published_ones():
    names = {CIFAR10[one]: CIFAR10[other] for one, other in CIFAR10_PAIRS.items()}
    assert names == {
        "truck": "automobile",
        "bird": "airplane",
        "deer": "horse",
        "cat": "dog",
        "dog": "cat",
    }
    assert MNIST_PAIRS == {7: 1, 2: 7, 5: 6, 6: 5, 3: 8}


@pytest.mark.parametrize("pairs", [CIFAR10_PAIRS, MNIST_PAIRS])
def test_asymmetric_noise_moves_along_the_pairs_and_never_back(pairs):
    noisy = asymmetric(CLEAN, 10, 0.4, pairs, seed=5)
    for i in range(10):
        for j in range(10):
            if pairs.get(i) == j:
                # Drawn one pair after the other, cats would be wrong at 0.24 in place of 0.4.
                assert_binomial(noisy.transitions[i, j], 2000, 0.4)
            elif i != j:
                assert noisy.transitions[i, j] == 0
    assert_binomial(noisy.rate * 2, 10000, 0.4)


@pytest.mark.parametrize("rate", [0.1, 0.4, 0.8])
def test_instance_dependent_rate_is_the_mean_of_the_cut_normal(rate):
    images = np.random.default_rng(0).integers(0, 256, (20000, 4, 4, 1)).astype("uint8")
    noisy = instance_dependent(images, CLEAN, 10, rate, seed=1)
    mean = truncnorm((0 - rate) / 0.1, (1 - rate) / 0.1, loc=rate, scale=0.1).mean()
    assert_binomial(noisy.rate, 20000, mean)
    for options in ({}, {"spread": 0.0}):
        none = instance_dependent(images, CLEAN, 10, 0.0, seed=1, **options)
        np.testing.assert_array_equal(none.labels, CLEAN)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_instance_dependent_noise_depends_on_the_image(seed):
    images = np.random.default_rng(0).integers(0, 256, (2000, 4, 4, 1)).astype("uint8")
    zeros = np.zeros(2000)
    alike = instance_dependent(np.tile(images[:1], (2000, 1, 1, 1)), zeros, 10, 0.4, seed)
    apart = instance_dependent(images, zeros, 10, 0.4, seed)
    # Copies of one image are nearly all taken for the same class, different images are not.
    assert alike.transitions[0, 1:].max() > 0.3
    assert apart.transitions[0, 1:].max() < 0.1


@pytest.mark.parametrize(
    "draw",
    [
        lambda seed: symmetric(CLEAN, 10, 0.4, seed),
        lambda seed: symmetric(CLEAN, 10, 0.4, seed, include_true=True),
        lambda seed: asymmetric(CLEAN, 10, 0.4, CIFAR10_PAIRS, seed),
        lambda seed: instance_dependent(np.zeros((20000, 2, 2, 1), "uint8"), CLEAN, 10, 0.4, seed),
    ],
)
def test_a_seed_gives_the_same_labels_and_another_seed_others(draw):
    np.testing.assert_array_equal(draw(7).labels, draw(7).labels)
    assert np.any(draw(7).labels != draw(8).labels)
    assert draw(7).labels.dtype == np.int64


def test_known_labels_of_a_seed():
    # A change of the drawing would change every recorded run: numpy 2, PCG64, seed 0.
    assert symmetric(np.arange(10), 10, 0.5, seed=0).labels.tolist() == [
        0,
        9,
        9,
        4,
        4,
        5,
        6,
        7,
        8,
        9,
    ]


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: symmetric(CLEAN, 10, 1.0), "rate 1.0"),
        (lambda: symmetric(CLEAN, 10, -0.1), "rate -0.1"),
        (lambda: symmetric(CLEAN, 1, 0.1), "1 classes"),
        (lambda: symmetric(CLEAN + 0.5, 10, 0.1), "whole numbers"),
        (lambda: symmetric(np.zeros((3, 2)), 10, 0.1), "Attributes"),
        (lambda: symmetric(CLEAN, 9, 0.1), "from 0 to 8"),
        (lambda: asymmetric(CLEAN, 10, 0.1, {3: 10}), "Pairs of two different classes"),
        (lambda: asymmetric(CLEAN, 10, 0.1, {3: 3}), "Pairs of two different classes"),
        (lambda: instance_dependent(np.zeros((3, 2, 2, 1)), CLEAN, 10, 0.1), "3 images"),
    ],
)
def test_wrong_input_is_told_in_a_sentence(make, words):
    with pytest.raises(UserError, match=words):
        make()


def test_hopeless_rates_are_warned_of():
    with pytest.warns(UserWarning, match="no method can learn"):
        symmetric(CLEAN, 10, 0.9)
    two = np.arange(2000) % 2
    pictures = np.random.default_rng(0).integers(0, 256, (2000, 4, 4, 1)).astype("uint8")
    with pytest.warns(UserWarning, match=r"share of 0\.\d+ .*2 classes.* only below 0\.5"):
        instance_dependent(pictures, two, 2, 0.6)
    with pytest.warns(UserWarning, match="half of a class"):
        asymmetric(CLEAN, 10, 0.5, CIFAR10_PAIRS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        symmetric(CLEAN, 10, 0.89)
        symmetric(CLEAN, 10, 0.99, include_true=True)
        instance_dependent(pictures, two, 2, 0.4)
        asymmetric(CLEAN, 10, 0.45, CIFAR10_PAIRS)
