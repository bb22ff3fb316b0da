import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from app.errors import UserError
from app.models.diffusers_weights import WEIGHTS_NAME, unet_arguments, unet_from_diffusers
from tests.checks import assert_close

FIXTURES = Path(__file__).parent / "fixtures"


def example(name):
    return np.load(FIXTURES / name / "example.npz")


@pytest.fixture
def checkpoint(tmp_path):
    """A copy of the first fixture, free to be changed."""
    return Path(shutil.copytree(FIXTURES / "unet_ddpm", tmp_path / "checkpoint"))


@pytest.mark.parametrize("name", ["unet_ddpm", "unet_classes"])
def test_equals_diffusers(name):
    arrays = example(name)
    network = unet_from_diffusers(FIXTURES / name)
    outputs = network(arrays["inputs"], arrays["time"].astype("float32"), arrays.get("labels"))
    assert_close(outputs, arrays["outputs"], 1e-4)


def test_old_attention_keys_give_the_same_network(checkpoint):
    """Checkpoints before diffusers 0.15 name the attention otherwise and may hold convolutions."""
    names = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    tensors = {}
    for key, value in load_file(checkpoint / WEIGHTS_NAME).items():
        for new, old in names.items():
            if f".{new}.weight" in key:
                value = value[:, :, None, None]
            key = key.replace(f".{new}.", f".{old}.")
        tensors[key] = value
    save_file(tensors, checkpoint / WEIGHTS_NAME)
    arrays = example("unet_ddpm")
    outputs = unet_from_diffusers(checkpoint)(arrays["inputs"], arrays["time"].astype("float32"))
    assert_close(outputs, arrays["outputs"], 1e-4)


def test_null_row():
    folder = FIXTURES / "unet_classes"
    table = load_file(folder / WEIGHTS_NAME)["class_embedding.weight"]
    added = unet_from_diffusers(folder)
    assert added.classes == 3
    expected = np.concatenate([table, 0 * table[:1]])
    assert_close(added.condition_embedding.table, expected, 0)
    last = unet_from_diffusers(folder, last_class_is_null=True)
    assert last.classes == 2
    assert_close(last.condition_embedding.table, table, 0)


def test_survives_keras_format(tmp_path):
    network = unet_from_diffusers(FIXTURES / "unet_ddpm")
    arrays = example("unet_ddpm")
    network(arrays["inputs"], arrays["time"].astype("float32"))
    network.save(tmp_path / "network.keras")
    revived = keras.models.load_model(tmp_path / "network.keras")
    outputs = revived(arrays["inputs"], arrays["time"].astype("float32"))
    assert_close(outputs, arrays["outputs"], 1e-4)


@pytest.mark.parametrize(
    "setting, value",
    [
        ("time_embedding_type", "fourier"),
        ("class_embed_type", "timestep"),
        ("downsample_type", "resnet"),
        ("act_fn", "gelu"),
        ("block_out_channels", [16, 40]),
        ("out_channels", 6),
        ("time_embedding_dim", 100),
        ("sample_size", [16, 8]),
        ("down_block_types", ["DownBlock2D", "SkipDownBlock2D"]),
        ("up_block_types", ["UpBlock2D", "UpBlock2D"]),
        ("resnet_time_scale_shift", "scale_shift"),  # without a norm in the middle attention
    ],
)
def test_refuses_what_it_does_not_support(setting, value):
    config = json.loads((FIXTURES / "unet_ddpm/config.json").read_text())
    expected = "attn_norm" if setting == "resnet_time_scale_shift" else setting
    with pytest.raises(UserError, match=f"{expected}.*supports"):
        unet_arguments({**config, setting: value})


@pytest.mark.parametrize(
    "change, sentence",
    [
        (lambda tensors: tensors.pop("conv_in.weight"), "lacks the weight 'conv_in.weight'"),
        (lambda tensors: tensors.update(more=np.zeros(1)), "1 weights .*'more'"),
        (lambda tensors: tensors.update({"conv_in.bias": np.zeros(3)}), "conv_in.bias.*shape"),
    ],
)
def test_refuses_other_weights(change, sentence, checkpoint):
    tensors = load_file(checkpoint / WEIGHTS_NAME)
    change(tensors)
    save_file(tensors, checkpoint / WEIGHTS_NAME)
    with pytest.raises(UserError, match=sentence):
        unet_from_diffusers(checkpoint)


def test_says_which_file_is_missing(tmp_path):
    with pytest.raises(UserError, match="config.json was not found"):
        unet_from_diffusers(tmp_path)
