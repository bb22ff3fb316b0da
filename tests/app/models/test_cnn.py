import keras
import numpy as np
import pytest

from app.errors import UserError
from app.models.cnn import PlainCNN
from tests.checks import assert_close

RANDOM = np.random.default_rng(0)
TIME = np.array([0.0, 999.0], "float32")


def randomise(network):
    """Weights without symmetry, small enough for outputs of about 1."""
    for weight in network.weights:
        weight.assign(RANDOM.normal(scale=0.2, size=weight.shape))


@pytest.mark.parametrize(
    "arguments, shape, condition",
    [
        ({"channels": (4, 6, 4)}, (2, 28, 28, 1), None),
        ({"channels": (4,), "image_channels": 3, "kernel_size": 3}, (2, 8, 10, 3), None),
        ({"channels": [4, 4], "classes": 3, "normalization": "channels"}, (2, 8, 8, 1), [1, 3]),
        ({"channels": [4], "attributes": 2}, (2, 8, 8, 1), [[1.0, -1.0], [0.0, 0.5]]),
    ],
)
def test_keeps_the_shape_and_survives_saving(arguments, shape, condition, tmp_path):
    network = PlainCNN(**arguments)
    inputs = [RANDOM.normal(size=shape).astype("float32"), TIME]
    if condition:
        inputs.append(np.array(condition))
    assert network(*inputs).shape == shape
    randomise(network)
    outputs = np.asarray(network(*inputs))
    network.save(tmp_path / "network.keras")
    assert_close(keras.models.load_model(tmp_path / "network.keras")(*inputs), outputs, 0)
    assert PlainCNN.from_config(network.get_config()).get_config() == network.get_config()


def test_number_of_weights_of_the_original():
    """Blocks 16, 32, 32, 16 on 28x28x1, counted by hand."""
    network = PlainCNN()
    network.build((None, 28, 28, 1))
    convolutions = sum(49 * a * b + b for a, b in ((1, 16), (16, 32), (32, 32), (32, 16)))
    norms = 2 * 28 * 28 * (16 + 32 + 32 + 16)
    time = 32 * 128 + 128 + 2 * (128 * 128 + 128) + 128 * 16 + 16
    assert network.count_params() == convolutions + norms + time + 9 * 16 + 1


def test_time_and_class_reach_the_output():
    network = PlainCNN((4, 4), classes=3)
    noisy = RANDOM.normal(size=(1, 8, 8, 1)).astype("float32")
    noisy = np.concatenate([noisy, noisy])
    network(noisy, TIME)
    randomise(network)
    by_time = np.asarray(network(noisy, TIME))
    by_class = np.asarray(network(noisy, TIME[:1].repeat(2), np.array([0, 3])))
    assert np.abs(by_time[0] - by_time[1]).max() > 1e-3
    assert np.abs(by_class[0] - by_class[1]).max() > 1e-3
    null = np.asarray(network(noisy, TIME[:1].repeat(2)))
    assert_close(null[1], by_class[1], 1e-5)


def test_attributes_reach_the_output_and_zeros_say_nothing():
    network = PlainCNN((4, 4), attributes=3)
    noisy = RANDOM.normal(size=(1, 8, 8, 1)).astype("float32").repeat(3, 0)
    time = TIME[:1].repeat(3)
    vectors = np.array([[1, -1, -1], [1, 1, -1], [0, 0, 0]], "float32")
    network(noisy, time, vectors)
    randomise(network)
    found, free = np.asarray(network(noisy, time, vectors)), np.asarray(network(noisy, time))
    assert min(np.abs(found[0] - found[1]).max(), np.abs(found[0] - found[2]).max()) > 1e-3
    assert_close(free[2], found[2], 1e-5)
    with pytest.raises(UserError, match="not both. Received: classes=2, attributes=3"):
        PlainCNN((4,), classes=2, attributes=3)


def test_normalization_over_all_is_per_image():
    """Scaling one image's contrast after the first block would not show if norms mixed images."""
    network = PlainCNN((4, 4))
    noisy = RANDOM.normal(size=(2, 8, 8, 1)).astype("float32")
    together = np.asarray(network(noisy, TIME))
    assert_close(network(noisy[:1], TIME[:1]), together[:1], 1e-5)


def test_normalization_over_channels_is_per_pixel_and_of_any_image_size():
    network = PlainCNN((4, 6), kernel_size=1, normalization="channels")
    noisy = RANDOM.normal(size=(2, 8, 8, 1)).astype("float32")
    network(noisy, TIME)
    assert [norm.gamma.shape for norm in network.norms] == [(4,), (6,)]
    for weight in network.weights:
        weight.assign(RANDOM.normal(scale=0.5, size=weight.shape))
    whole, part = (np.asarray(network(x, TIME)) for x in (noisy, noisy[:, 2:7, :4]))
    assert part.shape == (2, 5, 4, 1) and whole.std() > 0.1
    # Blocks of one pixel: but for the edge of the last 3x3 kernel, the part is as in the whole.
    assert_close(part[:, 1:-1, 1:-1], whole[:, 3:6, 1:3], 1e-5)


def test_refuses_with_a_sentence():
    with pytest.raises(UserError, match="one positive number"):
        PlainCNN(())
    with pytest.raises(UserError, match="odd and positive"):
        PlainCNN(kernel_size=4)
    with pytest.raises(UserError, match="'all' or 'channels'"):
        PlainCNN(normalization="batch")
    with pytest.raises(UserError, match="images of 1 channels"):
        PlainCNN()(np.zeros((1, 8, 8, 3)), TIME[:1])
    with pytest.raises(UserError, match="without a condition"):
        PlainCNN()(np.zeros((1, 8, 8, 1)), TIME[:1], np.array([1]))
