from pathlib import Path

import keras
import numpy as np
import pytest

from app.errors import UserError
from app.models.dit import DiT
from tests.app.models.test_cnn import RANDOM, TIME, randomise
from tests.checks import assert_close

TINY = {"width": 16, "depth": 2, "heads": 2}
FIXTURE = Path(__file__).parent / "fixtures/dit.npz"


def make(size, channels, condition=None, **arguments):
    """A small DiT with random weights, and inputs for it."""
    network = DiT(channels, image_size=size, **{**TINY, **arguments})
    inputs = [RANDOM.normal(size=(2, size, size, channels)).astype("float32"), TIME]
    if condition is not None:
        inputs.append(np.array(condition))
    network.build(inputs[0].shape)
    randomise(network)
    return network, inputs


def test_equals_diffusers():
    """The same weights as diffusers 0.42.1's DiTTransformer2DModel: make_dit_fixture.py."""
    arrays = dict(np.load(FIXTURE))
    network = DiT(3, image_size=8, classes=3, frequency_shift=1, **TINY)
    network.build((None, 8, 8, 3))

    def put(layer, *names):
        """The matrices (out, in) and biases of PyTorch, side by side where there are several."""
        parts = [[arrays.pop(f"{name}.{kind}") for name in names] for kind in ("weight", "bias")]
        weight, bias = map(np.concatenate, parts)
        layer.set_weights([weight.T, bias])

    def steer(norm, name, parts, *order):
        """Theirs lists shift, scale, gate; ours scale, shift, gate: the parts in our order."""
        weight, bias = (
            np.concatenate([np.split(arrays[f"{name}.{kind}"], parts)[i] for i in order])
            for kind in ("weight", "bias")
        )
        norm.projection.set_weights([weight.T, bias])

    kernel = arrays.pop("pos_embed.proj.weight").transpose(2, 3, 1, 0)  # rows, columns, in, out
    network.first.set_weights([kernel.reshape(12, 16), arrays.pop("pos_embed.proj.bias")])
    embedding = "transformer_blocks.0.norm1.emb"
    for i, layer in enumerate(network.time_layers, start=1):
        put(layer, f"{embedding}.timestep_embedder.linear_{i}")
    table = arrays.pop(f"{embedding}.class_embedder.embedding_table.weight")
    network.condition_embedding.set_weights([table])
    for i, block in enumerate(network.blocks):
        name = f"transformer_blocks.{i}"
        steer(block.attention_norm, f"{name}.norm1.linear", 6, 1, 0, 2)
        steer(block.mlp_norm, f"{name}.norm1.linear", 6, 4, 3, 5)
        put(block.attention.read, *(f"{name}.attn1.to_{part}" for part in "qkv"))
        put(block.attention.projection, f"{name}.attn1.to_out.0")
        put(block.hidden, f"{name}.ff.net.0.proj")
        put(block.projection, f"{name}.ff.net.2")
    steer(network.last_norm, "proj_out_1", 2, 1, 0)
    put(network.last, "proj_out_2")
    outputs = network(arrays["inputs"], arrays["time"].astype("float32"), arrays["labels"])
    assert_close(outputs, arrays["outputs"], 1e-4)


def weights_of(width, depth, patch, channels, classes):
    """By hand, from figure 3 of the paper: matrices and biases, block by block."""
    time = 256 * width + width + width * width + width
    patches = patch**2 * channels * width + width
    steer = 6 * width * width + 6 * width
    attention = 3 * width * width + 3 * width + width * width + width
    mlp = 4 * width * width + 4 * width + 4 * width * width + width
    last = 2 * width * width + 2 * width + width * patch**2 * channels + patch**2 * channels
    return time + (classes + 1) * width + patches + depth * (steer + attention + mlp) + last


@pytest.mark.parametrize(
    "name, width, depth, published",
    [
        ("S/2", 384, 12, 33),
        ("S/8", 384, 12, 33),
        pytest.param("B/2", 768, 12, 130, marks=pytest.mark.slow),
        pytest.param("L/2", 1024, 24, 458, marks=pytest.mark.slow),
        pytest.param("XL/2", 1152, 28, 675, marks=pytest.mark.slow),
    ],
)
def test_number_of_weights_of_the_paper(name, width, depth, published):
    """Millions in table 4 of the paper, of latents 32x32x4 and 1,000 classes.

    Theirs has twice the output channels, for variances, and counts the fixed positions: below
    0.4 million more.
    """
    network = DiT.named(name, 4, image_size=32, classes=1000)
    network.build((None, 32, 32, 4))
    count = network.count_params()
    assert count == weights_of(width, depth, int(name[-1]), 4, 1000)
    assert abs(count / 1e6 - published) < 0.7


@pytest.mark.parametrize(
    "size, channels, arguments, condition",
    [
        (8, 1, {}, None),
        (28, 1, {"patch_size": 4, "classes": 3}, [0, 3]),
        (32, 3, {"patch_size": 8, "attributes": 2}, [[1.0, -1.0], [0.0, 0.0]]),
        (12, 3, {"patch_size": 1, "kernel": "memory_efficient", "expansion": 2.0}, None),
    ],
    ids=["8", "28 classes", "32 attributes", "12 memory efficient"],
)
def test_keeps_the_shape_and_survives_saving(size, channels, arguments, condition, tmp_path):
    network, inputs = make(size, channels, condition, **arguments)
    outputs = np.asarray(network(*inputs))
    assert outputs.shape == inputs[0].shape
    assert np.isfinite(outputs).all() and outputs.std() > 1e-3
    symbolic = network(keras.Input(outputs.shape[1:]), keras.Input(()))
    assert tuple(symbolic.shape[1:]) == outputs.shape[1:]
    network.save(tmp_path / "network.keras")
    assert_close(keras.models.load_model(tmp_path / "network.keras")(*inputs), outputs, 0)
    assert DiT.from_config(network.get_config()).get_config() == network.get_config()


def test_a_new_network_answers_zero():
    network = DiT(1, image_size=8, **TINY)
    assert_close(network(RANDOM.normal(size=(2, 8, 8, 1)), TIME), np.zeros((2, 8, 8, 1)), 0)


def test_time_condition_and_place_reach_the_output():
    network, (noisy, time, labels) = make(8, 1, [0, 1], classes=3)
    outputs = np.asarray(network(noisy, time, labels))
    assert np.abs(outputs - network(noisy, time + 50, labels)).max() > 1e-3
    assert np.abs(outputs - network(noisy, time, labels + 1)).max() > 1e-3
    assert_close(network(noisy, time), np.asarray(network(noisy, time, np.array([3, 3]))), 0)
    flat = np.asarray(network(np.ones_like(noisy), time, labels))
    assert flat[0].std(axis=(0, 1)).max() > 1e-3, "every patch answers the same"


def test_both_kernels_train_alike():
    """Two networks of the same weights, one step each: the weights stay the same."""
    trained = []
    for kernel in ("standard", "memory_efficient"):
        keras.utils.set_random_seed(0)
        network = DiT(1, image_size=9, patch_size=1, kernel=kernel, **TINY)
        network.build((None, 9, 9, 1))
        random = np.random.default_rng(5)
        network.set_weights([random.normal(scale=0.2, size=w.shape) for w in network.weights])
        noisy, steps = keras.Input((9, 9, 1)), keras.Input(())
        model = keras.Model([noisy, steps], network(noisy, steps))
        model.compile(keras.optimizers.SGD(0.1), "mse")
        model.train_on_batch([random.normal(size=(2, 9, 9, 1)), TIME], np.zeros((2, 9, 9, 1)))
        trained.append(network.get_weights())
    for standard, efficient in zip(*trained, strict=True):
        assert_close(efficient, standard, 1e-4)


def test_exports_with_the_loops_of_the_kernel_and_a_free_batch(tmp_path):
    """576 patches are two chunks each way; the SavedModel is read without Keras."""
    import tensorflow as tf

    arguments = {"patch_size": 1, "kernel": "memory_efficient", "width": 8, "depth": 1}
    network, _ = make(24, 1, **arguments)
    noisy, steps = keras.Input((24, 24, 1)), keras.Input(())
    model = keras.Model([noisy, steps], network(noisy, steps))
    model.export(tmp_path / "exported", verbose=False)
    images = RANDOM.normal(size=(3, 24, 24, 1)).astype("float32")
    times = np.array([0.0, 500.0, 999.0], "float32")
    loaded = tf.saved_model.load(str(tmp_path / "exported"))
    assert_close(loaded.serve([images, times]), np.asarray(model([images, times])), 1e-4)


def test_half_precision_keeps_time_apart():
    network = DiT(1, image_size=8, dtype="mixed_float16", **TINY)
    noisy = np.zeros((2, 8, 8, 1), "float32")
    assert keras.backend.standardize_dtype(network(noisy, TIME).dtype) == "float16"
    randomise(network)
    embedding = np.asarray(network.embed(np.array([4000.0, 4001.0], "float32")), "float32")
    assert np.abs(embedding[0] - embedding[1]).max() > 1e-3


def test_refuses_with_a_sentence():
    with pytest.raises(UserError, match="must divide the image side of 28 pixels.*patch_size=8"):
        DiT(1, image_size=28, patch_size=8)
    with pytest.raises(UserError, match="of the 5 heads. Received: 384"):
        DiT(1, heads=5)
    with pytest.raises(UserError, match="not both"):
        DiT(1, classes=3, attributes=2)
    with pytest.raises(UserError, match="such as S/2. Received: 'M/2'"):
        DiT.named("M/2", 1)
    network = DiT(1, image_size=8, **TINY)
    with pytest.raises(UserError, match=r"images of shape \(8, 8, 1\)"):
        network(np.zeros((1, 8, 8, 3)), TIME[:1])
    with pytest.raises(UserError, match="without a condition"):
        network(np.zeros((1, 8, 8, 1)), TIME[:1], np.array([1]))
