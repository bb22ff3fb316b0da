import numpy as np
import pytest

from app.data import load
from app.metrics.evaluation import measure
from app.metrics.features import DigitFeatures, Pixels
from app.metrics.frechet import frechet_distance


@pytest.fixture(scope="module")
def digits():
    dataset = load("mnist-5k", split="all")
    order = np.random.default_rng(0).permutation(len(dataset))[:600]
    return dataset.images[order], np.asarray(dataset.labels)[order]


def test_real_images_score_as_real_ones(digits):
    images, labels = digits
    extractor = DigitFeatures()
    scores = measure(
        images[:100],
        images[300:],
        extractor,
        held_out=images[100:300],
        labels=labels[:100],
        held_out_labels=labels[100:300],
        description="mnist-5k",
    )
    assert set(scores) == {
        "frechet",
        "frechet_black",
        "frechet_normalized",
        "precision",
        "recall",
        "nearest_features",
        "nearest_pixels",
        "class_accuracy",
    }
    for name, score in scores.items():
        assert score.name == name and score.samples == 100
        assert score.extractor in ("digit-classifier", "pixels")
    assert scores["frechet"].value == pytest.approx(scores["frechet"].floor, rel=0.2)
    assert abs(scores["frechet_normalized"].value) < 0.1
    black = extractor(np.zeros((100, 28, 28, 1), np.uint8))
    expected = frechet_distance(black, extractor(images[300:]))
    assert scores["frechet_black"].value == pytest.approx(expected, rel=1e-4)
    assert scores["class_accuracy"].value > 0.95 and scores["class_accuracy"].floor > 0.95
    assert scores["precision"].value == pytest.approx(scores["precision"].floor, abs=0.2)
    nearest = scores["nearest_pixels"]
    assert nearest.value == pytest.approx(nearest.floor, rel=0.2)


def test_copies_noise_and_labels(digits):
    images, _ = digits
    pixels = Pixels((28, 28, 1))
    small = images[:50]
    copies = measure(small, images[200:400], pixels, training=images[:200])
    assert copies["nearest_pixels"].value == 0.0
    assert copies["frechet"].floor is None and "frechet_normalized" not in copies
    assert "class_accuracy" not in copies
    noise = np.random.default_rng(0).integers(0, 256, small.shape, dtype=np.uint8)
    bad = measure(noise, images[200:400], pixels, held_out=images[400:])
    assert bad["precision"].value == 0.0 and bad["frechet"].value > 5 * bad["frechet"].floor
    assert bad["nearest_pixels"].value > 1.5 * bad["nearest_pixels"].floor
