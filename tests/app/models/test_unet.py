import keras
import numpy as np
import pytest

from app.errors import UserError
from app.models.unet import Unet
from app.models.unet_parts import level_sides
from tests.app.models.test_cnn import RANDOM, TIME, randomise
from tests.checks import assert_close

SMALL = {"width": 8, "blocks": 1, "groups": 4}


def make(size, channels, condition=None, **arguments):
    """A small U-Net with random weights, and inputs for it."""
    network = Unet(channels, image_size=size, **{**SMALL, **arguments})
    inputs = [RANDOM.normal(size=(2, size, size, channels)).astype("float32"), TIME]
    if condition is not None:
        inputs.append(np.array(condition))
    network.build(inputs[0].shape)
    randomise(network)
    return network, inputs


@pytest.mark.parametrize(
    "size, channels, arguments, condition",
    [
        (8, 1, {"multipliers": (1, 2), "attention_resolutions": (4,)}, None),
        (28, 1, {"multipliers": (1, 2, 2), "attention_resolutions": (7,), "classes": 3}, [0, 3]),
        (32, 3, {"multipliers": (1, 2), "heads": 2, "attributes": 2}, [[1.0, -1.0], [0.0, 0.0]]),
        (64, 3, {"multipliers": (1, 1), "patch_size": 4, "attention_resolutions": (8,)}, None),
        (
            32,
            3,
            {
                "multipliers": (1, 2),
                "attention_resolutions": (),
                "middle_attention": False,
                "downsample": "max_pool",
                "upsample": "bilinear",
            },
            None,
        ),
    ],
    ids=["8", "28 classes", "32 attributes", "64 patches", "32 plain"],
)
def test_keeps_the_shape_and_survives_saving(size, channels, arguments, condition, tmp_path):
    network, inputs = make(size, channels, condition, **arguments)
    outputs = np.asarray(network(*inputs))
    assert outputs.shape == inputs[0].shape
    assert np.isfinite(outputs).all() and outputs.std() > 1e-3
    assert (
        keras.ops.shape(network(keras.Input(outputs.shape[1:]), keras.Input(())))[1:]
        == (outputs.shape[1:])
    )
    network.save(tmp_path / "network.keras")
    assert_close(keras.models.load_model(tmp_path / "network.keras")(*inputs), outputs, 0)
    assert Unet.from_config(network.get_config()).get_config() == network.get_config()


@pytest.mark.slow
def test_the_defaults_are_the_network_of_ddpm():
    """35,746,307 weights: google/ddpm-cifar10-32, counted by diffusers 0.42."""
    network = Unet(3)
    network.build((None, 32, 32, 3))
    assert network.count_params() == 35_746_307


def test_a_new_network_answers_zero():
    network = Unet(1, image_size=8, multipliers=(1, 2), attention_resolutions=(), **SMALL)
    assert_close(network(RANDOM.normal(size=(2, 8, 8, 1)), TIME), np.zeros((2, 8, 8, 1)), 0)


def test_time_and_condition_reach_the_output():
    arguments = {"multipliers": (1, 2), "attention_resolutions": (4,), "classes": 3}
    network, (noisy, time, labels) = make(8, 1, [0, 1], **arguments)
    outputs = np.asarray(network(noisy, time, labels))
    assert np.abs(outputs - network(noisy, time + 50, labels)).max() > 1e-3
    assert np.abs(outputs - network(noisy, time, labels + 1)).max() > 1e-3
    null = network(noisy, time, np.array([3, 3]))
    assert_close(network(noisy, time), np.asarray(null), 0)


def test_trains():
    network, (noisy, time) = make(8, 1, multipliers=(1,), attention_resolutions=(8,), dropout=0.1)
    images, steps = keras.Input((8, 8, 1)), keras.Input(())
    model = keras.Model([images, steps], network(images, steps))
    model.compile(keras.optimizers.Adam(1e-2), "mse")
    target = RANDOM.normal(size=noisy.shape)
    losses = [float(model.train_on_batch([noisy, time], target)) for _ in range(12)]
    assert losses[-1] < 0.8 * losses[0]


def test_half_precision_keeps_time_apart():
    network = Unet(
        1, image_size=8, multipliers=(1,), attention_resolutions=(), dtype="mixed_float16", **SMALL
    )
    noisy = np.zeros((2, 8, 8, 1), "float32")
    assert keras.backend.standardize_dtype(network(noisy, TIME).dtype) == "float16"
    embedding = np.asarray(network.embed(np.array([4000.0, 4001.0], "float32")), "float32")
    assert np.abs(embedding[0] - embedding[1]).max() > 1e-3


def test_sides_of_the_levels():
    assert level_sides(28, 1, (1, 2, 2)) == [28, 14, 7]
    assert level_sides(64, 2, (1, 2, 2, 2)) == [32, 16, 8, 4]


def test_refuses_with_a_sentence():
    with pytest.raises(UserError, match="multiple of 8. Received: image_size=28"):
        Unet(1, image_size=28)
    with pytest.raises(UserError, match="side 5, but the levels"):
        Unet(1, attention_resolutions=(5,))
    with pytest.raises(UserError, match="not both"):
        Unet(1, classes=3, attributes=2)
    network = Unet(1, image_size=8, multipliers=(1, 2), attention_resolutions=(), **SMALL)
    with pytest.raises(UserError, match="images of 1 channels"):
        network(np.zeros((1, 8, 8, 3)), TIME[:1])
    with pytest.raises(UserError, match="multiples of 2"):
        network(np.zeros((1, 7, 8, 1)), TIME[:1])
    with pytest.raises(UserError, match="without a condition"):
        network(np.zeros((1, 8, 8, 1)), TIME[:1], np.array([1]))


def test_attributes_reach_the_output_unless_each_channel_is_normalised_alone():
    vectors = np.where(np.eye(2, 5) > 0, 1.0, -1.0).astype("float32")
    noisy = np.random.default_rng(0).normal(size=(1, 8, 8, 1)).astype("float32").repeat(2, 0)
    for groups, listens in ((4, True), (8, False)):
        network = Unet(
            1,
            width=8,
            multipliers=(1,),
            blocks=1,
            attention_resolutions=(),
            image_size=8,
            attributes=5,
            groups=groups,
        )
        network(noisy, np.zeros(2, "float32"), vectors)
        random = np.random.default_rng(1)
        for weight in network.weights:
            weight.assign(random.normal(scale=0.3, size=weight.shape))
        found = np.asarray(network(noisy, np.zeros(2, "float32"), vectors))
        assert (np.abs(found[0] - found[1]).max() > 1e-2) == listens
