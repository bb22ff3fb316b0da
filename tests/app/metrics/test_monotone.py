"""The Frechet distance rises with every strength of four kinds of damage, as it must."""

import numpy as np
import pytest
from scipy import ndimage

from app.data import load
from app.metrics.features import DigitFeatures
from app.metrics.frechet import frechet_distance
from app.metrics.statistics import Statistics


def noise(images, strength):
    drawn = np.random.default_rng(0).normal(0, strength, images.shape)
    return np.clip(images + drawn, 0, 255)


def blur(images, strength):
    return ndimage.gaussian_filter(images.astype(float), (0, strength, strength, 0))


def rotation(images, strength):
    return ndimage.rotate(images.astype(float), strength, axes=(1, 2), reshape=False, order=1)


DAMAGE = {  # noise in grey values, blur in pixels, rotation in degrees
    noise: (15, 40, 80, 160),
    blur: (0.5, 0.8, 1.2, 2.0),
    rotation: (8, 16, 30, 60),
}


@pytest.fixture(scope="module")
def setting():
    dataset = load("mnist-5k", split="all")
    order = np.random.default_rng(0).permutation(len(dataset))
    images, labels = dataset.images[order], np.asarray(dataset.labels)[order]
    extractor = DigitFeatures()
    return images[:1200], labels[:1200], extractor, extractor(images[:1200])


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_distance_rises_with_damage(setting, damage):
    images, _, extractor, features = setting
    real = Statistics.of(features[200:1000])
    values = [frechet_distance(features[:200], real)]
    for strength in DAMAGE[damage]:
        hurt = np.clip(np.rint(damage(images[:200], strength)), 0, 255).astype("uint8")
        values.append(frechet_distance(extractor(hurt), real))
    assert np.all(np.diff(values) > 0), values


def test_distance_rises_with_every_class_that_is_missing(setting):
    _, labels, _, features = setting
    real = Statistics.of(features[600:])
    values = [
        frechet_distance(features[:600][labels[:600] >= dropped][:100], real)
        for dropped in (0, 2, 4, 6, 8)
    ]
    assert np.all(np.diff(values) > 0), values
