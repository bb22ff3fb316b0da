import hashlib
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from app.errors import UserError
from app.metrics.features.align_text import text_shapes
from app.metrics.features.align_vision import vision_blocks, vision_shapes
from app.metrics.features.align_weights import TEXT, VISION, checked, load_align, read_config
from tests.app.metrics.features.align_tensors import CONFIG

FIXTURES = Path(__file__).parent / "fixtures"
GOLDEN = np.load(FIXTURES / "align.npz")  # transformers 5.24.0, make_align_fixture.py
UNUSED = {
    "temperature": (),
    "text_model.pooler.dense.weight": (24, 24),
    "text_model.pooler.dense.bias": (24,),
}


def all_shapes(vision, text, dimension):
    """What we expect in a file, with what we drop."""
    width = text["hidden_size"]
    pooler = {"text_model.pooler.dense.weight": (width, width)}
    pooler |= {"text_model.pooler.dense.bias": (width,), "temperature": ()}
    return vision_shapes(vision) | text_shapes(text, dimension) | pooler


@pytest.fixture(scope="module")
def shapes():
    whole = {name: tuple(shape) for name, shape in json.loads(str(GOLDEN["shapes"])).items()}
    return {name: shape for name, shape in whole.items() if name not in UNUSED}


@pytest.fixture
def folder(tmp_path, shapes):
    save_file({n: np.zeros(s, "float32") for n, s in (shapes | UNUSED).items()}, tmp_path / "m")
    (tmp_path / "m").rename(tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    (tmp_path / "vocab.txt").write_text("[PAD]\n")
    return tmp_path


def test_names_and_shapes_are_those_of_transformers(shapes):
    ours = all_shapes(VISION | CONFIG["vision_config"], TEXT | CONFIG["text_config"], 80)
    counters = {name for name in shapes if name.endswith("num_batches_tracked")}
    assert ours == {n: s for n, s in (shapes | UNUSED).items() if n not in counters}


def test_the_published_size_is_that_of_transformers():
    ours = all_shapes(VISION, TEXT, 640)
    ours |= {
        f"{name.removesuffix('running_var')}num_batches_tracked": ()
        for name in ours
        if name.endswith("running_var")
    }
    lines = sorted(f"{name} {list(shape)}" for name, shape in ours.items())
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == str(GOLDEN["published_digest"])
    assert len(vision_blocks(VISION)) == 55 and vision_blocks(VISION)[-1].outputs == 640


def test_every_tensor_is_used_once(folder):
    _, vision, text, config = load_align(folder)
    assert not set(vision) & set(text)
    assert config["text_config"]["layer_norm_eps"] == 1e-12
    assert len(vision) + len(text) == len(
        all_shapes(*(config[p] for p in ("vision_config", "text_config")), 80)
    ) - len(UNUSED)


def test_half_precision_is_read(folder, shapes):
    save_file(
        {n: np.full(s, 0.1, "float16") for n, s in (shapes | UNUSED).items()},
        folder / "model.safetensors",
    )
    bias = load_align(folder)[2]["text_projection.bias"]
    assert bias.dtype == np.float32
    np.testing.assert_array_equal(bias, np.float32(np.float16(0.1)))


def test_a_file_of_torch_is_read(folder):
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes((FIXTURES / "tensors.pth").read_bytes())
    with pytest.raises(UserError, match="pytorch_model.bin lacks .* It is not the AlignModel"):
        load_align(folder)
    with zipfile.ZipFile(folder / "pytorch_model.bin", "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps([1]))
    with pytest.raises(UserError, match="something else than a dict of tensors"):
        load_align(folder)


def test_missing_files_are_told(tmp_path):
    with pytest.raises(UserError) as told:
        load_align(tmp_path)
    for part in ("model.safetensors or pytorch_model.bin", "config.json, vocab.txt", "kakaobrain"):
        assert part in str(told.value)
    assert str(tmp_path) in str(told.value)


def test_wrong_tensors_are_told(shapes):
    zeros = {name: np.zeros(shape, "float32") for name, shape in (shapes | UNUSED).items()}
    counters = {name for name in shapes if name.endswith("num_batches_tracked")}
    expected = {name: shape for name, shape in shapes.items() if name not in counters}

    def check(tensors):
        return checked(tensors, expected, {"hidden_size": 24}, "x")

    old = {"text_model.embeddings.position_ids": np.arange(20)[None]}
    assert set(check(zeros | old)) == set(expected) | set(UNUSED)
    bias = "text_projection.bias"
    with pytest.raises(UserError, match="lacks 1 of .* 'text_projection.bias'"):
        check({name: tensor for name, tensor in zeros.items() if name != bias})
    with pytest.raises(UserError, match=r"shape \(3,\); expected \(80,\)"):
        check(zeros | {bias: np.zeros(3)})
    with pytest.raises(UserError, match="1 tensors too many, the first being 'logit_scale'"):
        check(zeros | {"logit_scale": np.zeros(())})
    with pytest.raises(UserError, match="not finite"):
        check(zeros | {bias: np.full(80, np.nan)})
    variance = "vision_model.embeddings.batchnorm.running_var"
    with pytest.raises(UserError, match="variances below 0"):
        check(zeros | {variance: np.full(8, -1.0)})


def test_damaged_weights_are_told(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match="cut off"):
        load_align(folder)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"text_config": {"hidden_act": "relu"}}, r"text_config.hidden_act='relu'; known.*'gelu'"),
        ({"vision_config": {"pooling_type": "max"}}, "vision_config.pooling_type='max'"),
        ({"projection_dim": 512}, "projection_dim=512, but its images become 640"),
        ([], "which is none"),
    ],
)
def test_other_configurations_are_told(tmp_path, change, told):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(change))
    with pytest.raises(UserError, match=told):
        read_config(path)


def test_an_empty_configuration_is_the_published_one(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    config = read_config(tmp_path / "config.json")
    assert config["vision_config"] == VISION and config["projection_dim"] == 640
