import json

import numpy as np
import pytest

from app.metrics.features import train_cifar_classifier as script
from app.metrics.features.cifar_classifier import CifarFeatures


def test_whitened_patches_are_uncorrelated():
    generator = np.random.default_rng(0)
    mixing = generator.normal(size=(3, 3))
    images = generator.random((20, 9, 9, 3)) @ mixing
    images[:, 1:] += images[:, :-1]  # neighbours resemble each other
    kernel, bias = script.whitening(images, floor=0.0)
    patches = np.stack(
        [
            images[:, i : i + 2, j : j + 2].reshape(20, 12)
            for i in range(images.shape[1] - 1)
            for j in range(images.shape[2] - 1)
        ]
    ).reshape(-1, 12)
    white = patches @ kernel.reshape(12, 24) + bias
    np.testing.assert_allclose(white[:, :12], -white[:, 12:], atol=1e-9)
    np.testing.assert_allclose(white.mean(0), 0, atol=1e-9)
    np.testing.assert_allclose(np.cov(white[:, :12].T, bias=True), np.eye(12), atol=1e-7)


def test_the_floor_keeps_flat_images_finite():
    kernel, bias = script.whitening(np.full((2, 4, 4, 3), 0.5))
    assert np.abs(kernel).max() <= 1 / np.sqrt(5e-4) + 1e-9 and np.isfinite(bias).all()


def test_main_ships_weights_the_extractor_takes(tmp_path, monkeypatch):
    generator = np.random.default_rng(0)

    class Tiny:
        images = generator.integers(0, 256, (32, 32, 32, 3), dtype=np.uint8)
        labels = generator.integers(0, 10, 32)
        version, digest, class_names = "3.0.2", "0123456789abcdef", tuple("abcdefghij")

    asked = []

    def load(name, directory, split):
        asked.append((name, directory, split))
        return Tiny

    monkeypatch.setattr(script, "load", load)
    monkeypatch.setattr(script, "BATCH", 16)
    monkeypatch.setattr(script, "STAGES", ((1, 24, 0), (1, 32, 3)))
    stem = tmp_path / "judge"
    script.main(["--directory", "here", "--seed", "4", "--stem", str(stem)])
    assert asked == [("cifar10", "here", "train"), ("cifar10", "here", "test")]
    extractor = CifarFeatures(batch_size=32, stem=stem)
    record = json.loads((tmp_path / "judge.json").read_text())
    assert record == extractor.record and record["seed"] == 4 and record["epochs"] == 2
    share = np.mean(extractor.predict(Tiny.images) == Tiny.labels)
    assert record["test_accuracy"] == pytest.approx(share, abs=1 / 32 + 1e-6)
    assert (tmp_path / "judge.weights.h5").stat().st_size < 5_000_000


def test_a_seed_repeats_its_training(monkeypatch):
    monkeypatch.setattr(script, "BATCH", 4)
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (8, 32, 32, 3), dtype=np.uint8)
    both = (images, np.arange(8))
    first, same, other = (
        script.train(both, both, seed, stages=((1, 24, 0),))[0].get_weights() for seed in (0, 0, 1)
    )
    for one, two in zip(first, same, strict=True):
        np.testing.assert_allclose(one, two, atol=0.02)  # a few steps of the optimizer
    assert any(np.abs(one - two).max() > 0.1 for one, two in zip(first, other, strict=True))


def test_directory_must_be_named():
    with pytest.raises(SystemExit):
        script.main(["--seed", "0"])
