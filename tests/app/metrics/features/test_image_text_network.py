import json

import keras
import numpy as np
from keras import ops

from app.metrics.features.image_text_network import ImageTextNetwork, unit


def small(**options):
    network = ImageTextNetwork(words=5, dimension=6, width=3, channels=(4, 4, 8), **options)
    network.build()
    return network


def inputs(count=3):
    generator = np.random.default_rng(0)
    words = generator.integers(0, 3, (count, 5))
    words[:, 0] = 1
    pixels = generator.random((count, 32, 32, 3), dtype="float32")
    return {"images": pixels, "words": words.astype("float32")}


def test_text_tower_by_numpy():
    network = small()
    network.importance.assign([0.5, -1.0, 2.0, 0.0, 0.1])
    network.last.bias.assign(np.linspace(-1, 1, 6))
    names = ("vectors", "importance")
    vectors, importance = (ops.convert_to_numpy(getattr(network, name)) for name in names)
    (w1, b1), (w2, b2) = (layer.get_weights() for layer in (network.hidden, network.last))
    expected = []
    for counts in inputs()["words"]:
        each = [
            (count * np.exp(float(weight)), vector)
            for count, weight, vector in zip(counts, importance, vectors, strict=True)
        ]
        total = sum(share for share, _ in each)
        pooled = sum(share / total * vector.astype(np.float64) for share, vector in each)
        text = np.maximum(pooled @ w1 + b1, 0) @ w2 + b2
        expected.append(text / np.linalg.norm(text))
    np.testing.assert_allclose(network.embed_words(inputs()["words"]), expected, atol=1e-5)


def test_similarities_are_scaled_cosines_with_a_bound():
    network, given = small(), inputs()
    images = ops.convert_to_numpy(network.embed_images(given["images"]))
    texts = ops.convert_to_numpy(network.embed_words(given["words"]))
    np.testing.assert_allclose(np.linalg.norm(images, axis=1), 1, atol=1e-5)
    for temperature, scale in ((0.0, 1.0), (np.log(1 / 0.07), 1 / 0.07), (9.0, 100.0)):
        network.temperature.assign(temperature)
        np.testing.assert_allclose(network(given), scale * images @ texts.T, rtol=1e-4, atol=1e-3)


def test_unit_rows_by_hand():
    np.testing.assert_allclose(unit(ops.array([[3.0, 4.0], [0.0, 0.0]])), [[0.6, 0.8], [0, 0]])


def test_words_stay_float32_in_lower_precision():
    low, exact = small(dtype="mixed_bfloat16"), small()
    exact.set_weights(low.get_weights())
    given = inputs()
    np.testing.assert_allclose(
        low.embed_words(given["words"]), exact.embed_words(given["words"]), atol=1e-6
    )
    assert keras.backend.standardize_dtype(low(given).dtype) == "float32"
    np.testing.assert_allclose(low(given), exact(given), atol=0.5)  # cosines to 0.035


def test_configuration_goes_round():
    network = small()
    config = json.loads(json.dumps(network.get_config()))
    assert ImageTextNetwork.from_config(config).get_config() == network.get_config()
