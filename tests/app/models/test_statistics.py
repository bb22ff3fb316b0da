"""Adaptive batch normalisation: numpy float64 written from the formulas."""

import keras
import numpy as np

from app.models import statistics as module
from app.models.statistics import adapt_statistics, adapted, statistics_kept

EPSILON = 1e-3


def network():
    """Dense, BatchNormalization and ReLU, twice, on images of 2x2x1."""
    layers = [keras.Input((2, 2, 1)), keras.layers.Flatten()]
    for width in (5, 3):
        layers += [
            keras.layers.Dense(width),
            keras.layers.BatchNormalization(epsilon=EPSILON),
            keras.layers.ReLU(),
        ]
    model = keras.Sequential(layers)
    random = np.random.default_rng(3)
    model.set_weights([random.uniform(0.5, 1.5, weight.shape) for weight in model.get_weights()])
    return model


def statistics(model):
    """[(mean, variance)] of the two normalisations."""
    return [
        tuple(keras.ops.convert_to_numpy(value) for value in layer.non_trainable_variables)
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]


def expected(weights, images, batches):
    """The mean over batches of the batch's means and variances, layer by layer."""
    found = [[], []]
    for batch in np.split(images.reshape(len(images), -1) / 255.0, batches):
        x = batch
        for place in range(2):
            kernel, bias, gamma, beta, _, _ = weights[6 * place : 6 * place + 6]
            x = x @ kernel.astype("float64") + bias
            mean, variance = x.mean(axis=0), x.var(axis=0)
            found[place].append((mean, variance))
            x = np.maximum(gamma * (x - mean) / np.sqrt(variance + EPSILON) + beta, 0)
    return [np.mean(layer, axis=0) for layer in found]


def images(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 2, 2, 1), dtype=np.uint8)


def test_statistics_of_every_layer_against_numpy():
    model, target = network(), images(60)
    weights = model.get_weights()
    adapt_statistics(model, target, batch_size=20)
    for found, (mean, variance) in zip(
        statistics(model), expected(weights, target, 3), strict=True
    ):
        np.testing.assert_allclose(found[0], mean, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(found[1], variance, rtol=1e-4, atol=1e-6)
    trained = [(0, 1, 2, 3), (6, 7, 8, 9)]
    for place in [index for group in trained for index in group]:  # kernels, biases, scales
        np.testing.assert_array_equal(model.get_weights()[place], weights[place])


def test_batches_are_of_equal_size_and_no_image_is_left_out():
    model, target = network(), images(50)
    weights = model.get_weights()
    adapt_statistics(model, target, batch_size=20)  # three of 17, the first image again at the end
    wanted = expected(weights, np.concatenate([target, target[:1]]), 3)
    for found, values in zip(statistics(model), wanted, strict=True):
        np.testing.assert_allclose(found, values, rtol=1e-4, atol=1e-6)


def test_no_more_images_are_taken_than_the_limit(monkeypatch):
    monkeypatch.setattr(module, "IMAGES", 40)
    model, target = network(), images(55)
    weights = model.get_weights()
    adapt_statistics(model, target, batch_size=20)
    some = target[np.random.default_rng(0).permutation(55)[:40]]
    for found, values in zip(statistics(model), expected(weights, some, 2), strict=True):
        np.testing.assert_allclose(found, values, rtol=1e-4, atol=1e-6)


def test_for_a_while_and_back():
    model = network()
    before = model.get_weights()
    with adapted(model, images(40), 20):
        assert not np.allclose(statistics(model)[0][0], before[4])
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_network_without_normalisation_stays_as_it_is():
    model = keras.Sequential(
        [keras.Input((2, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(3)]
    )
    before = model.get_weights()
    adapt_statistics(model, images(4), 2)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_passes_meanwhile_moves_no_statistics():
    model = network()
    before = model.get_weights()
    points = np.random.default_rng(0).uniform(size=(8, 2, 2, 1)).astype("float32")
    with statistics_kept(model):
        model(points, training=True)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    model(points, training=True)
    assert not np.allclose(statistics(model)[0][0], before[4])
