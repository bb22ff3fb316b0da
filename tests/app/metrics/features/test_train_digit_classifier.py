import json

import numpy as np
import pytest

from app.metrics.features import train_digit_classifier as script
from app.metrics.features.digit_classifier import DigitFeatures


def test_distortion_keeps_the_digit_and_repeats_by_seed(monkeypatch):
    images = np.zeros((4, 28, 28), "float32")
    images[:, 10:18, 12:16] = 1.0
    first = script.distort(images, np.random.default_rng(3))
    np.testing.assert_array_equal(first, script.distort(images, np.random.default_rng(3)))
    assert first.min() >= 0 and first.max() <= 1 + 1e-6
    assert np.abs(first - images).max() > 0.1
    np.testing.assert_allclose(first.sum((1, 2)), 32, rtol=0.35)  # area within the stretch
    for name in ("SHIFT", "ROTATION", "STRETCH"):
        monkeypatch.setattr(script, name, 0.0)
    still = script.distort(images, np.random.default_rng(3))
    np.testing.assert_allclose(still, images, atol=1e-6)


def test_a_shift_moves_the_centre_of_mass(monkeypatch):
    monkeypatch.setattr(script, "ROTATION", 0.0)
    monkeypatch.setattr(script, "STRETCH", 0.0)
    images = np.zeros((50, 28, 28), "float32")
    images[:, 13:15, 13:15] = 0.25
    moved = script.distort(images, np.random.default_rng(0))
    rows = np.einsum("nhw,h->n", moved, np.arange(28)) - 13.5
    assert np.abs(rows).max() <= 2.0 + 1e-4 and np.abs(rows).max() > 1.5
    assert abs(rows.mean()) < 0.6


def test_batches_differ_between_epochs_and_repeat_by_seed(monkeypatch):
    monkeypatch.setattr(script, "BATCH", 4)
    images = np.random.default_rng(0).random((11, 28, 28), dtype="float32")
    batches = [script.DistortedBatches(images, np.arange(11), seed) for seed in (0, 0, 1)]
    assert len(batches[0]) == 2
    labels = [np.concatenate([each[i][1] for i in range(2)]).tolist() for each in batches]
    assert labels[0] == labels[1] != labels[2] and len(set(labels[0])) == 8
    before = batches[0][0][0]
    batches[0].on_epoch_begin()
    assert not np.array_equal(before, batches[0][0][0])


def test_training_ships_weights_the_extractor_takes(tmp_path, monkeypatch):
    monkeypatch.setattr(script, "BATCH", 8)
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (32, 28, 28, 1), dtype=np.uint8)
    labels = generator.integers(0, 10, 32)
    model, accuracy = script.train((images, labels), (images, labels), seed=0, epochs=2)
    assert 0.0 <= accuracy <= 1.0
    stem = tmp_path / "judge"
    record = script.ship(model, {0: accuracy, 1: 0.5}, 1.0, stem, "typed")
    assert record == json.loads((tmp_path / "judge.json").read_text())
    assert record["shipped_seed"] == 0 and record["spread"] is not None
    again = script.ship(model, {0: accuracy}, 1.0, tmp_path / "again")
    assert again["sha256"] == record["sha256"], "the digest names the weights, not the session"
    extractor = DigitFeatures(batch_size=32, stem=stem)
    expected = model.predict(images / np.float32(255), verbose=0)
    np.testing.assert_allclose(extractor.logits(images), expected, rtol=1e-4, atol=1e-4)
    assert (tmp_path / "judge.weights.h5").stat().st_size < 1_000_000


def test_directory_must_be_named():
    with pytest.raises(SystemExit):
        script.main(["--seeds", "0"])
