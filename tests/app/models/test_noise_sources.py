"""Models of each noise source: what training sees, what survives a file, what is drawn."""

import keras
import numpy as np
import pytest
from keras import ops

from app.data.paired import PairedBatches
from app.diffusion.condition import ClassCondition
from app.diffusion.noise import EntropyScaledNoise, GaussianNoise, ImageNoise
from app.diffusion.samplers import DDIM, DDPM, Cold
from app.diffusion.schedules import linear
from app.models.cnn import PlainCNN
from app.models.diffusion_model import DiffusionModel
from app.models.strips import decode, encode

SHAPE = (8, 8, 1)
RANDOM = np.random.default_rng(0)
# Digits on black: few grey levels, so that entropy scales are neither 0.5 nor 1.
IMAGES = np.where(RANDOM.random((32, *SHAPE)) < 0.7, 0, RANDOM.choice([80, 255], (32, *SHAPE)))
IMAGES = IMAGES.astype("uint8")
CLOTHES = RANDOM.integers(0, 256, (9, *SHAPE), dtype="uint8")


def build(noise=None, classes=None, **options):
    keras.utils.set_random_seed(1)
    network = PlainCNN(channels=(4, 4), kernel_size=3, classes=classes)
    condition = ClassCondition(classes) if classes else None
    model = DiffusionModel(network, linear(20), SHAPE, condition=condition, noise=noise, **options)
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    return model


def spied(model):
    """What the network of a model is shown, filled in as it is called."""
    seen, call = {}, model.network.call

    def spy(noisy, time, condition=None, training=False):
        seen.update(noisy=ops.convert_to_numpy(noisy), time=ops.convert_to_numpy(time))
        return call(noisy, time, condition, training=training)

    model.network.call = spy
    return seen


def rates(model, seen):
    steps = np.round(seen["time"]).astype(int) + 1
    table = model.schedule.signal_rates[steps], model.schedule.noise_rates[steps]
    return (rate.reshape(-1, 1, 1, 1) for rate in table)


def scales(images):
    """sigmoid(entropy) of 8-bit images: the entropy of their grey levels, by numpy."""
    found = []
    for image in images:
        shares = np.unique(image, return_counts=True)[1] / image.size
        found.append(1.0 / (1.0 + np.exp(np.sum(shares * np.log2(shares)))))
    return np.array(found)


def test_gaussian_noise_is_the_default_and_trains_to_the_same_weights():
    weights = []
    for noise in (None, GaussianNoise()):
        model = build(noise)
        model.fit(IMAGES, batch_size=16, epochs=2, shuffle=False, verbose=0)
        weights.append(model.get_weights())
    for one, two in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, two)


def test_the_network_is_shown_images_in_noise_of_their_own_scale():
    model, plain = build(EntropyScaledNoise()), build()
    seen = [spied(model), spied(plain)]
    for each in (model, plain):
        each.compute_loss(ops.convert_to_tensor(IMAGES), training=False)
    clean, noise = IMAGES / 127.5 - 1.0, []
    for shown in seen:
        signal, rate = rates(model, shown)
        noise.append((shown["noisy"] - signal * clean) / rate)
    found = np.sqrt(np.mean(noise[0] ** 2, (1, 2, 3)) / np.mean(noise[1] ** 2, (1, 2, 3)))
    np.testing.assert_allclose(found, scales(IMAGES), rtol=2e-3)


@pytest.mark.parametrize("unit", [False, True])
def test_the_scale_is_recorded_by_fit_and_survives_a_file(tmp_path, unit):
    model = build(EntropyScaledNoise(unit_target=unit))
    model.fit(IMAGES, batch_size=16, epochs=2, verbose=0)
    np.testing.assert_allclose(float(model.noise.recorded), scales(IMAGES).mean(), rtol=1e-5)
    assert float(model.noise.batches) == 4
    path = str(tmp_path / "model.keras")
    model.save(path)
    revived = keras.models.load_model(path)
    assert float(revived.noise.recorded) == float(model.noise.recorded)
    drawn = [each.sample(3, steps=4, sampler=DDPM(), seed=2) for each in (model, revived)]
    np.testing.assert_array_equal(*drawn)
    weights = str(tmp_path / "model.weights.h5")
    model.save_weights(weights)
    other = build(EntropyScaledNoise(unit_target=unit))
    other.load_weights(weights)
    assert float(other.noise.recorded) == float(model.noise.recorded)


def test_a_chain_of_a_network_without_noise_is_drawn_at_the_recorded_scale():
    """With noise 0 predicted a sampler is linear in start and noise: half of both, half of all."""
    drawn = []
    for noise in (GaussianNoise(), EntropyScaledNoise("constant", 0.5)):
        model = build(noise)
        model.network.set_weights([np.zeros_like(w) for w in model.network.get_weights()])
        strip, _ = decode(model, 4, sampler=DDPM(clip=None), steps=10, seed=3, columns=11)
        drawn.append(strip / 127.5 - 1.0)
    inside = np.abs(drawn[0]) < 0.95  # of the others the picture keeps the sign alone
    assert inside.mean() > 0.3
    np.testing.assert_allclose(drawn[1][inside], 0.5 * drawn[0][inside], atol=0.02)
    whole = model.sample(4, sampler=DDPM(clip=None), steps=10, seed=3)
    assert np.abs(strip[:, -1].astype(int) - whole).max() <= 1


def cold(**options):
    return build(ImageNoise(CLOTHES), target="clean", pixel_range=(0.0, 1.0), **options)


def pairs(**options):
    return PairedBatches(IMAGES, CLOTHES, batch_size=16, pixel_range=(0.0, 1.0), **options)


def test_the_network_is_shown_images_fading_into_their_partners():
    model, batch = cold(), pairs()[0]
    seen = spied(model)
    loss = model.compute_loss(ops.convert_to_tensor(batch), training=True)
    signal, rate = rates(model, seen)
    expected = signal * batch[..., :1] + rate * batch[..., 1:]
    np.testing.assert_allclose(seen["noisy"], expected, atol=1e-5)
    assert np.isfinite(float(loss))


@pytest.mark.parametrize("classes", [None, 3])
def test_cold_diffusion_learns_and_validates_the_same_each_time(classes):
    model, labels = cold(classes=classes), np.arange(32) % 3 if classes else None
    batches, validation = pairs(labels=labels), pairs(labels=labels, shuffle=False)
    before, again = (model.evaluate(validation, verbose=0) for _ in range(2))
    assert before == again
    model.fit(batches, epochs=6, shuffle=False, verbose=0)
    assert model.evaluate(validation, verbose=0) < before


def test_a_picture_follows_its_index_at_any_batch_size_and_its_start():
    model, sampler = cold(), Cold(clip=(0.0, 1.0))
    whole = model.sample(9, steps=5, seed=4, sampler=sampler)
    parts = model.sample(9, steps=5, seed=4, sampler=sampler, batch_size=4)
    tail = model.sample(4, steps=5, seed=4, sampler=sampler, first_index=5)
    given = model.noise.start(4, 0, 9, SHAPE)
    started = model.sample(9, steps=5, sampler=sampler, start=given)
    floats = model.sample(9, steps=5, sampler=sampler, start=(given / 255.0).astype("float32"))
    for other in (parts, started, floats):
        assert np.abs(whole.astype(int) - other).max() <= 1
    assert np.abs(whole[5:].astype(int) - tail).max() <= 1
    assert not np.array_equal(whole, model.sample(9, steps=5, seed=5, sampler=sampler))


def test_strips_lead_from_the_image_to_a_start_and_from_a_start_to_the_image():
    model, sampler = cold(), Cold(clip=(0.0, 1.0))
    strip, _ = encode(model, IMAGES[:2], seed=4, columns=5)
    np.testing.assert_array_equal(strip[:, 0], IMAGES[:2])
    signal, rate = model.schedule.signal_rates[-1], model.schedule.noise_rates[-1]
    starts = model.noise.start(4, 0, 2, SHAPE)
    assert np.abs(strip[:, -1] - np.clip(signal * IMAGES[:2] + rate * starts, 0, 255)).max() < 0.51
    strip, _ = decode(model, 3, sampler=sampler, steps=5, seed=4)
    np.testing.assert_array_equal(strip[:, 0], model.noise.start(4, 0, 3, SHAPE))
    drawn = model.sample(3, sampler=sampler, steps=5, seed=4)
    assert np.abs(strip[:, -1].astype(int) - drawn).max() <= 1


def test_a_file_of_a_cold_model_draws_from_given_starts(tmp_path):
    model, sampler = cold(), Cold(clip=(0.0, 1.0))
    path = str(tmp_path / "model.keras")
    model.save(path)
    revived = keras.models.load_model(path)
    options = {"sampler": sampler, "steps": 3}
    drawn = [each.sample(2, start=CLOTHES[:2], **options) for each in (model, revived)]
    np.testing.assert_array_equal(*drawn)
    with pytest.raises(ValueError, match="pass `start` images"):
        revived.sample(2, **options)


def test_what_does_not_fit_is_refused_with_a_sentence():
    model = cold()
    with pytest.raises(ValueError, match=r"shape \(batch, 8, 8, 2\)"):
        model.fit(IMAGES, verbose=0)
    with pytest.raises(ValueError, match="`start` must have shape"):
        model.sample(3, steps=2, start=CLOTHES[:2])
    with pytest.raises(ValueError, match="starts from noise of its seed"):
        build().sample(2, steps=2, sampler=DDIM(), start=CLOTHES[:2])
    with pytest.raises(ValueError, match="Pass target 'clean'"):
        build(ImageNoise(CLOTHES))
