"""Measures without labels: by hand, against scikit-learn, and in their extreme cases."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import mutual_info_score

from app.metrics.domains import (
    information_maximization,
    proxy_a_distance,
    soft_neighbourhood_density,
)

RANDOM = np.random.default_rng(0)


def test_information_maximisation_is_the_mutual_information_of_image_and_class():
    # Predictions that are sure: the mutual information of image number and class.
    classes = np.array([0, 0, 1, 2, 2, 2])
    sure = np.eye(3)[classes] * 200
    expected = mutual_info_score(np.arange(6), classes)
    assert information_maximization(sure) == pytest.approx(expected)


def test_it_is_zero_if_all_images_look_alike():
    assert information_maximization(np.tile([1.0, 2.0, 0.0], (5, 1))) == pytest.approx(0, abs=1e-12)


def test_neighbourhood_density_by_a_loop():
    logits = RANDOM.normal(size=(6, 3))
    chances = softmax(logits, axis=1)
    entropies = []
    for i in range(6):
        cosines = [
            chances[i] @ chances[j] / np.linalg.norm(chances[i]) / np.linalg.norm(chances[j])
            for j in range(6)
            if j != i
        ]
        shares = softmax(np.array(cosines) / 0.05)
        entropies.append(-np.sum(shares * np.log(shares)))
    assert soft_neighbourhood_density(logits) == pytest.approx(np.mean(entropies))


def test_dense_groups_have_a_higher_density_than_scattered_predictions():
    groups = np.repeat(np.eye(4) * 20, 10, axis=0)
    scattered = RANDOM.normal(size=(40, 4)) * 3
    assert soft_neighbourhood_density(groups) > soft_neighbourhood_density(scattered)


def test_the_proxy_distance_of_equal_and_of_distant_domains():
    one, same = RANDOM.normal(size=(2, 2000, 3))
    assert proxy_a_distance(one, same) < 0.2
    assert proxy_a_distance(one, same + 20) == 2.0


def test_the_proxy_distance_of_overlapping_gaussians():
    # Means a distance of 2 apart: the best error is Phi(-1) = 0.1587, the distance 1.365.
    one = RANDOM.normal(size=(20_000, 1))
    other = RANDOM.normal(size=(20_000, 1)) + 2
    assert proxy_a_distance(one, other) == pytest.approx(2 * (1 - 2 * 0.1587), abs=0.03)
