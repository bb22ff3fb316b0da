"""A classifier of noisy images: plain fit, fixed validation noise, attributes, rebuilding."""

import keras
import numpy as np
import pytest
from keras import ops

from app.diffusion.condition import AttributeCondition, ClassCondition
from app.diffusion.schedules import Schedule, linear
from app.errors import UserError
from app.models.noisy_classifier import NoisyClassifier, noisy_logits
from app.models.noisy_encoder import NoisyEncoder
from tests.oracles import alpha_bars

SHAPE = (8, 8, 1)
RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(0, 2, 64)
# Class 0 is bright on the left, class 1 on the right.
IMAGES = np.zeros((64, *SHAPE), "uint8")
IMAGES[LABELS == 0, :, :4] = 255
IMAGES[LABELS == 1, :, 4:] = 255


def build(condition, outputs, schedule=None):
    keras.utils.set_random_seed(1)
    network = NoisyEncoder(outputs, image_size=8, width=8, multipliers=(1, 2), dropout=0.0)
    return NoisyClassifier(network, schedule or linear(50, scaled=True), SHAPE, condition)


@pytest.fixture(scope="module")
def trained():
    model = build(ClassCondition(2), 2)
    model.compile(keras.optimizers.Adam(1e-2))
    losses = model.fit(IMAGES, LABELS, batch_size=32, epochs=25, verbose=0).history["loss"]
    return model, losses


def test_an_untrained_classifier_knows_nothing():
    model = build(ClassCondition(2), 2)
    model.compile()
    assert model.evaluate(IMAGES, LABELS, verbose=0) == pytest.approx(np.log(2), rel=1e-5)


def test_fit_learns_the_classes_where_they_can_be_seen(trained):
    model, losses = trained
    assert losses[-1] < 0.7 * losses[0]
    clean, noisy, noise = noisy_logits(model, IMAGES, [0.0, 0.2, 1.0]).argmax(-1)
    assert np.mean(clean == LABELS) > 0.95 and np.mean(noisy == LABELS) > 0.9
    assert 0.2 < np.mean(noise == LABELS) < 0.8  # chance at pure noise, four standard errors


def test_validation_is_the_same_each_time(trained):
    model, _ = trained
    first = model.evaluate(IMAGES, LABELS, batch_size=64, verbose=0)
    assert first == model.evaluate(IMAGES, LABELS, batch_size=64, verbose=0)


def test_noise_does_not_hang_on_the_batch(trained):
    model, _ = trained
    whole = noisy_logits(model, IMAGES, [0.3], batch_size=64)
    np.testing.assert_allclose(noisy_logits(model, IMAGES, [0.3], batch_size=7), whole, atol=1e-4)


def test_the_likelihood_is_of_the_logits(trained):
    model, _ = trained
    noisy = RANDOM.normal(size=(2, *SHAPE)).astype("float32")
    time = np.array([0.2, 0.6], "float32")
    logits = ops.convert_to_numpy(model.logits(noisy, time)).astype("float64")
    expected = logits[[0, 1], [1, 0]] - np.log(np.exp(logits).sum(1))
    found = model.log_likelihood(noisy, time, np.array([1, 0]))
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, atol=1e-5)


def test_noised_images_have_the_rates_of_the_schedule():
    schedule = linear(50, scaled=True)
    model = build(ClassCondition(2), 2, schedule)
    clean, noise = (RANDOM.normal(size=(2, *SHAPE)).astype("float32") for _ in range(2))
    found = model.noised(clean, noise, np.array([10 / 50, 1.0], "float32"))
    bars = alpha_bars(schedule.betas)[[10, 50]].reshape(2, 1, 1, 1)
    expected = np.sqrt(bars) * clean + np.sqrt(1 - bars) * noise
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, atol=1e-5)


def test_the_network_sees_unit_size_at_any_schedule():
    """With rates 3 and 4 an image of size 5 comes in as one of size 1."""
    schedule, seen = Schedule([0.5]), []
    schedule.signal_rates, schedule.noise_rates = np.full(2, 3.0), np.full(2, 4.0)

    class Probe(keras.layers.Layer):
        def call(self, noisy, time, training=False):
            seen.append((ops.convert_to_numpy(noisy), ops.convert_to_numpy(time)))
            return noisy[:, 0, 0]

    model = NoisyClassifier(Probe(), schedule, SHAPE, ClassCondition(1))
    model.logits(np.full((1, *SHAPE), 5.0, "float32"), np.array([0.5], "float32"))
    np.testing.assert_allclose(seen[-1][0], 1.0, rtol=1e-6)
    np.testing.assert_allclose(seen[-1][1], [500.0])


def test_attributes_are_learned_by_the_same_model():
    wanted = np.stack([1 - 2 * LABELS, 2 * LABELS - 1], axis=1).astype("float32")
    model = build(AttributeCondition("ab"), 2)
    model.compile(keras.optimizers.Adam(1e-2))
    model.fit(IMAGES, wanted, batch_size=32, epochs=25, verbose=0)
    found = np.sign(noisy_logits(model, IMAGES, [0.1])[0])
    assert np.mean(found == wanted) > 0.95


def test_saved_and_loaded(trained, tmp_path):
    model, _ = trained
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    expected = noisy_logits(model, IMAGES[:5], [0.4])
    np.testing.assert_allclose(noisy_logits(loaded, IMAGES[:5], [0.4]), expected, atol=1e-5)


def test_attention_is_there_where_it_was_asked_for():
    plain = NoisyEncoder(2, image_size=8, width=8, multipliers=(1, 1))
    attentive = NoisyEncoder(
        2, image_size=8, width=8, multipliers=(1, 1), attention_resolutions=(4,)
    )
    for network in (plain, attentive):
        network(np.zeros((1, 8, 8, 1), "float32"), np.zeros(1, "float32"))
    # Of 8 channels: queries, keys, values, output (8 x 8 + 8 each) and a normalisation.
    assert attentive.count_params() - plain.count_params() == 4 * 72 + 16


@pytest.mark.parametrize("groups, heard", [(8, False), (2, True)])
def test_time_is_heard_only_by_groups_of_several_channels(groups, heard):
    network = NoisyEncoder(2, image_size=8, width=8, multipliers=(1,), groups=groups)
    images = IMAGES[:4].astype("float32") / 255
    network(images, np.zeros(4, "float32"))
    for weight in network.trainable_weights:  # two layers start at zero
        weight.assign(RANDOM.normal(scale=0.3, size=weight.shape))
    early, late = (network(images, np.full(4, time, "float32")) for time in (0.0, 900.0))
    difference = ops.convert_to_numpy(ops.max(ops.abs(early - late)))
    assert (difference > 0.01) == heard


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(UserError, match="a multiple of 4"):
        NoisyEncoder(2, image_size=6, multipliers=(1, 1, 1))
    with pytest.raises(UserError, match="Attention was asked for at side 3"):
        NoisyEncoder(2, image_size=8, attention_resolutions=(3,))
