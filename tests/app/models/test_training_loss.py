"""The loss of a denoiser by its formula in numpy: noise, weights, dropped labels, the text term."""

import itertools

import numpy as np
import pytest
from keras import ops

from app.diffusion.condition import AttributeCondition, ClassCondition
from app.diffusion.schedule import Schedule
from app.models.cnn import PlainCNN
from app.models.diffusion_model import DiffusionModel
from app.models.similarity import TextTerm
from tests.oracles import alpha_bars, estimates

BETAS = np.linspace(0.01, 0.3, 20)  # signal to noise from 99 to 0.04, with 5 in the middle
COUNT, SHAPE = 24, (4, 4, 1)
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (COUNT, *SHAPE), dtype="uint8")
CLEAN = IMAGES / 127.5 - 1.0
WEIGHTS = np.array([0.0, 2.0, 1.0, 0.5] * 6)


def spied(classes=None, attributes=None, condition=None, text_term=None, **options):
    """A compiled model, and a dict of what its network was last given and returned."""
    network = PlainCNN((4, 4), kernel_size=3, classes=classes, attributes=attributes)
    model = DiffusionModel(network, Schedule(BETAS), SHAPE, condition=condition, **options)
    model.compile(text_term=text_term)
    seen, call = {}, network.call

    def spy(noisy, time, condition=None, training=False):
        output = call(noisy, time, condition, training=training)
        seen.update(noisy=noisy, time=time, output=output)
        seen["condition"] = None if condition is None else ops.convert_to_numpy(condition)
        return output

    network.call = spy
    return model, seen


def of_the_batch(seen):
    """(noisy, network's output, alpha_bar, noise) in float64; the network is told step k - 1."""
    noisy, time, output = (
        ops.convert_to_numpy(seen[name]).astype("float64") for name in ("noisy", "time", "output")
    )
    bars = alpha_bars(BETAS)[np.round(time).astype(int) + 1].reshape(-1, 1, 1, 1)
    return noisy, output, bars, (noisy - np.sqrt(bars) * CLEAN) / np.sqrt(1.0 - bars)


def min_snr(target, bars):
    """Hang et al. 2023: min(SNR, 5) of the clean image, in units of what the network predicts."""
    snr = bars / (1.0 - bars)
    return np.minimum(snr, 5.0) / {"clean": 1.0, "noise": snr, "velocity": snr + 1.0}[target]


@pytest.mark.parametrize("weighting", ["none", "min_snr"])
@pytest.mark.parametrize("target", ["noise", "clean", "velocity"])
def test_the_loss_is_the_formula_whatever_the_weights(target, weighting):
    model, seen = spied(target=target, weighting=weighting)
    for given, training in itertools.product((None, WEIGHTS), (False, True)):
        weights = None if given is None else ops.convert_to_tensor(given)
        found = model.compute_loss(ops.convert_to_tensor(IMAGES), None, None, weights, training)
        _, output, bars, noise = of_the_batch(seen)
        wanted = {
            "noise": noise,
            "clean": CLEAN,
            "velocity": np.sqrt(bars) * noise - np.sqrt(1.0 - bars) * CLEAN,
        }[target]
        factor = min_snr(target, bars) if weighting == "min_snr" else np.ones_like(bars)
        if given is not None:
            factor = factor * given.reshape(-1, 1, 1, 1)
        assert abs(noise.mean()) < 0.2 and abs(noise.std() - 1.0) < 0.2
        assert len(np.unique(factor)) > 1 or (weighting, given) == ("none", None)
        expected = np.mean(factor * (wanted - output) ** 2)
        np.testing.assert_allclose(float(found), expected, rtol=1e-3)


@pytest.mark.parametrize("kind", ["classes", "attributes"])
def test_labels_are_dropped_while_training_and_only_then(kind):
    if kind == "classes":
        condition, labels, null = ClassCondition(3), np.arange(COUNT) % 3, 3
    else:
        condition, null = AttributeCondition("ab"), 0.0
        labels = np.tile([[1.0, -1.0], [-1.0, 1.0]], (COUNT // 2, 1)).astype("float32")
    model, seen = spied(**{kind: 3 if kind == "classes" else 2}, condition=condition)
    images, kept = ops.convert_to_tensor(IMAGES), []
    for rate, training in ((0.5, False), (1.0, False), (0.0, True), (0.5, True), (1.0, True)):
        model.label_dropout = rate
        model.compute_loss(images, labels, training=training)
        stays = np.all((seen["condition"] == labels).reshape(COUNT, -1), axis=1)
        assert np.all(seen["condition"][~stays] == null)
        kept.append(stays.mean())
    assert kept[:3] == [1.0] * 3 and kept[4] == 0.0
    assert 0.0 < kept[3] < 1.0


class Averages:
    """An image-text extractor by hand: an image is its upper and its lower mean grey level."""

    name = "averages"

    def embed(self, images):
        return ops.mean(ops.reshape(images, (-1, 2, 8)), axis=-1)

    def embed_text(self, texts):
        return np.array([[float(word) for word in text.split()] for text in texts])


@pytest.mark.parametrize("given", [None, WEIGHTS], ids=["plain", "weighted"])
@pytest.mark.parametrize("target", ["noise", "velocity"])
def test_the_text_term_is_that_of_the_clean_estimates(target, given):
    term = TextTerm(Averages(), ["1 0", "3 4"], 0.7, (-1.0, 1.0))
    model, seen = spied(target=target, text_term=term, classes=2, condition=ClassCondition(2))
    labels = np.arange(COUNT) % 2
    arguments = (ops.convert_to_tensor(IMAGES), ops.convert_to_tensor(labels), None)
    weights = None if given is None else ops.convert_to_tensor(given)
    found = float(model.compute_loss(*arguments, weights, training=False))
    model.text_term = None  # and the noise of validation is the same again
    plain = float(model.compute_loss(*arguments, weights, training=False))
    noisy, output, bars, _ = of_the_batch(seen)
    clean, _ = estimates(target, output, noisy, bars)
    levels = 127.5 * (np.clip(clean, -1.0, 1.0) + 1.0).reshape(COUNT, 2, 8).mean(axis=-1)
    texts = np.array([[1.0, 0.0], [0.6, 0.8]])[labels]
    cosine = np.sum(levels * texts, axis=1) / np.linalg.norm(levels, axis=1)
    shares = bars.ravel() if given is None else bars.ravel() * given
    assert found - plain > 0.01
    assert found - plain == pytest.approx(0.7 * np.mean(shares * (1.0 - cosine)), rel=1e-3)
