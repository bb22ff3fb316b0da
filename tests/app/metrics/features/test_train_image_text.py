import json

import numpy as np
import pytest

from app.data import Dataset
from app.metrics.features import captions
from app.metrics.features import train_image_text as script
from app.metrics.features.cifar_network import CifarClassifier
from app.metrics.features.image_text_encoder import ImageTextFeatures


def test_contrastive_loss_by_hand():
    # Three samples, the first two of one class. Row 0 over texts: softmax of (0, log 2, log 3) is
    # (1, 2, 3) / 6; its kind holds half of the weight each at 1/6 and 2/6. Columns alike.
    logits = np.log([[1.0, 2.0, 3.0], [1.0, 1.0, 2.0], [2.0, 1.0, 5.0]])
    by_image = [-(np.log(1 / 6) + np.log(2 / 6)) / 2, -np.log(1 / 4), -np.log(5 / 8)]
    by_text = [-np.log(1 / 4), -(np.log(2 / 4) + np.log(1 / 4)) / 2, -np.log(5 / 10)]
    expected = (np.array(by_image) + by_text) / 2
    loss = script.contrastive(np.array([4, 4, 7]), logits.astype("float32"))
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_two_of_a_kind_are_not_held_against_each_other():
    # Perfect similarities: 0 within the class, -200 without: the loss is the entropy of a draw.
    classes = np.array([1, 1, 2])
    logits = np.where(classes[:, None] == classes, 0.0, -200.0).astype("float32")
    loss = script.contrastive(classes, logits)
    np.testing.assert_allclose(loss, [np.log(2), np.log(2), 0], atol=1e-6)


def test_batches_hold_a_caption_of_the_class(monkeypatch):
    monkeypatch.setattr(script, "BATCH", 20)
    monkeypatch.setattr(script, "FORGET", 0.5)
    words = captions.vocabulary()
    images = np.tile(np.arange(32, dtype=np.uint8), (20, 32, 1))[..., None].repeat(3, -1)
    batches = script.caption_batches(images, np.arange(20), words, seed=0)
    inputs, kinds = batches[0]
    assert sorted(kinds.tolist()) == list(range(20))
    assert inputs["images"].shape == (20, 32, 32, 3) and inputs["images"].max() <= 1
    lengths = []
    for kind, row in zip(kinds, inputs["words"], strict=True):
        present = {word for word, count in zip(words, row, strict=True) if count}
        named = [name for name in captions.NAMES[kind] if name in present]
        assert len(named) == 1, "exactly one name of its own class"
        others = {name for names in captions.NAMES for name in names} - {named[0]}
        assert not present & others
        lengths.append(row.sum())
    full = [len(captions.split_words(c)) for k in kinds for c in captions.captions(k)]
    assert 1 < np.mean(lengths) < np.mean(full), "some words around the class are left out"
    slopes = np.diff(inputs["images"], axis=2).mean((1, 2, 3))
    assert (slopes[kinds >= 10] > 0).all(), "digits are never mirrored"
    assert (slopes[kinds < 10] < 0).any()


def tiny(name, directory, split):
    generator = np.random.default_rng(len(name))
    size, channels = (32, 3) if name == "cifar10" else (28, 1)
    images = generator.integers(0, 256, (16, size, size, channels), dtype=np.uint8)
    return Dataset(name, images, np.arange(16) % 10, version="9.9.9", split=split)


def test_main_ships_weights_the_extractor_takes(tmp_path, monkeypatch):
    monkeypatch.setattr(script, "load", tiny)
    monkeypatch.setattr(script, "BATCH", 8)
    monkeypatch.setattr(script, "EPOCHS", 1)
    stem = tmp_path / "encoder"
    script.main(["--directory", "here", "--seed", "3", "--stem", str(stem)])
    record = json.loads((tmp_path / "encoder.json").read_text())
    encoder = ImageTextFeatures(batch_size=16, stem=stem)
    assert encoder.record == record and record["seed"] == 3
    test = tiny("mnist", "here", "test")
    for wording in captions.HELD_OUT_DIGIT_WORDINGS:
        texts = encoder.embed_text([wording.format(digit) for digit in range(10)])
        share = np.mean((encoder(test.images) @ texts.T).argmax(1) == test.labels)
        assert record["test"]["mnist"]["held_out_wordings"][wording] == pytest.approx(share)
    assert (tmp_path / "encoder.weights.h5").stat().st_size < 5_000_000


def test_the_image_tower_starts_from_the_classifier(monkeypatch):
    monkeypatch.setattr(script, "BATCH", 4)
    monkeypatch.setattr(script, "PEAK", 0.0)  # no step moves anything but the statistics
    start = CifarClassifier()
    start.build((None, 32, 32, 3))
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    network, _ = script.train(images, np.arange(4), 0, start, epochs=1)
    own = network.image_tower
    for layer, source in zip(
        (own.whiten, *own.convolutions), (start.whiten, *start.convolutions), strict=True
    ):
        for one, two in zip(layer.get_weights(), source.get_weights(), strict=True):
            np.testing.assert_allclose(one, two, atol=1e-7)


def test_directory_must_be_named():
    with pytest.raises(SystemExit):
        script.main(["--seed", "0"])
