import numpy as np
import pytest
from keras import ops

from app.data import load
from app.metrics.features.cifar_classifier import CifarFeatures, prepare

# The first and every 32nd feature of `golden_images`, by the shipped weights on TensorFlow 2.21,
# Keras 3.15.1.
GOLDEN = [
    [1.06718, 2.78742, 0.42542, 2.74156, 0.12161, 1.80946, 0.45738, 1.13738],
    [1.15241, 2.53534, 1.22362, 1.71021, 2.56448, 1.53962, 1.17512, 0.57176],
    [1.40167, 1.45757, 1.08767, 1.73832, 0.49163, 2.50771, 0.82003, 1.3224],
]


def golden_images():
    return np.random.default_rng(5).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def extractor():
    return CifarFeatures(batch_size=50)


def test_it_knows_photographs(extractor, shared_data):
    test = load("cifar10", directory=str(shared_data), split="test").first(500)
    share = np.mean(extractor.predict(test.images) == test.labels)
    # Four standard errors of 500 draws around the recorded share of all 10,000.
    recorded = extractor.record["test_accuracy"]
    assert recorded >= 0.9
    assert abs(share - recorded) < 4 * np.sqrt(recorded * (1 - recorded) / 500)
    assert list(test.class_names) == extractor.record["classes"]


def by_numpy(network, image):
    """The whole network in numpy float64, from its weights: features and logits."""

    def relu(x):
        return np.maximum(x, 0)

    def weights(layer):
        return [ops.convert_to_numpy(weight).astype(np.float64) for weight in layer.weights]

    def convolve(x, kernel):
        rows, columns = (size - len(kernel) + 1 for size in x.shape[:2])
        places = range(len(kernel))
        return sum(x[i : i + rows, j : j + columns] @ kernel[i, j] for i in places for j in places)

    def unit(index, x, pool):
        (kernel,) = weights(network.convolutions[index])
        x = convolve(np.pad(x, [(1, 1), (1, 1), (0, 0)]), kernel)
        if pool:
            half = len(x) // 2
            x = x[: 2 * half, : 2 * half].reshape(half, 2, half, 2, -1).max((1, 3))
        gamma, beta, mean, variance = weights(network.normalizations[index])
        return relu((x - mean) / np.sqrt(variance + 1e-3) * gamma + beta)

    kernel, bias = weights(network.whiten)
    x = relu(convolve(image.astype(np.float64), kernel) + bias)
    for block in range(3):
        x = unit(2 * block, x, True)
        x = x + unit(2 * block + 1, x, False)
    features = x.max((0, 1))
    kernel, bias = weights(network.logits)
    return features, (features @ kernel + bias) / 8


def test_both_backends_give_the_numbers_of_numpy(extractor):
    # The oracle is the same on either backend, so they agree with each other.
    images = golden_images()
    expected = [by_numpy(extractor.network, image / 255) for image in images]
    features, logits = extractor.outputs(images)
    np.testing.assert_allclose(features, [each[0] for each in expected], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(logits, [each[1] for each in expected], rtol=1e-4, atol=1e-4)


def test_recorded_features_come_again(extractor):
    features = extractor(golden_images())[:, ::32]
    np.testing.assert_allclose(features, GOLDEN, rtol=1e-4, atol=1e-4)


def test_grey_is_three_equal_channels(extractor):
    grey = golden_images()[..., :1]
    np.testing.assert_array_equal(prepare(grey), prepare(np.repeat(grey, 3, axis=-1)))
    with pytest.raises(ValueError, match="Received: 2 channels"):
        extractor(np.zeros((1, 32, 32, 2), np.uint8))
