import hashlib
import math
from pathlib import Path

import numpy as np
import pytest

from app.errors import UserError
from app.metrics.features import inception_weights
from app.metrics.features.inception_graph import constant_names
from app.metrics.features.inception_layout import CONVOLUTIONS, tensor_shapes
from app.metrics.features.inception_weights import NAMES, SHA256, checked, load_weights

FIXTURES = Path(__file__).parent / "fixtures"
SMALL = FIXTURES / "tensors.pth"


@pytest.fixture(scope="module")
def zeros():
    return {name: np.zeros(shape, "float32") for name, shape in tensor_shapes().items()}


def test_count_of_the_published_file():
    shapes = tensor_shapes()
    assert len(CONVOLUTIONS) == 94 and len(shapes) == 472
    assert sum(math.prod(shape) for shape in shapes.values()) == 23_885_392


def test_graph_names_are_those_of_torch_fidelitys_conversion():
    # A few of each kind of block, from its util_convert_inception_weights.py (0.4.0).
    names, expected = (
        constant_names(),
        {
            "Conv2d_1a_3x3": "conv",
            "Conv2d_4a_3x3": "conv_4",
            "Mixed_5b.branch1x1": "mixed/conv",
            "Mixed_5b.branch5x5_2": "mixed/tower/conv_1",
            "Mixed_5c.branch3x3dbl_3": "mixed_1/tower_1/conv_2",
            "Mixed_5d.branch_pool": "mixed_2/tower_2/conv",
            "Mixed_6a.branch3x3": "mixed_3/conv",
            "Mixed_6a.branch3x3dbl_3": "mixed_3/tower/conv_2",
            "Mixed_6b.branch7x7_3": "mixed_4/tower/conv_2",
            "Mixed_6e.branch7x7dbl_5": "mixed_7/tower_1/conv_4",
            "Mixed_7a.branch3x3_2": "mixed_8/tower/conv_1",
            "Mixed_7a.branch7x7x3_4": "mixed_8/tower_1/conv_3",
            "Mixed_7b.branch3x3_2a": "mixed_9/tower/mixed/conv",
            "Mixed_7b.branch3x3_2b": "mixed_9/tower/mixed/conv_1",
            "Mixed_7c.branch3x3dbl_3a": "mixed_10/tower_1/mixed/conv",
            "Mixed_7c.branch3x3dbl_3b": "mixed_10/tower_1/mixed/conv_1",
            "Mixed_7c.branch_pool": "mixed_10/tower_2/conv",
        },
    )
    for ours, theirs in expected.items():
        assert names[f"{ours}.conv.weight"] == f"{theirs}/conv2d_params"
        assert names[f"{ours}.bn.running_var"] == f"{theirs}/batchnorm/moving_variance"
    assert set(names) == set(tensor_shapes()) and len(set(names.values())) == 472


def test_digest_of_the_published_name():
    assert all(name.endswith(f"-{SHA256[:8]}.pth") for name in NAMES)


def test_unknown_digests_are_refused(tmp_path):
    with pytest.raises(UserError, match="which is no published one .* `trusted=True`"):
        load_weights(SMALL)
    path = tmp_path / NAMES[0]
    path.write_bytes(SMALL.read_bytes())
    with pytest.raises(UserError, match="2,145 of 95,628,359 bytes"):
        load_weights(path)


def test_a_known_digest_is_taken(monkeypatch):
    monkeypatch.setattr(inception_weights, "SHA256", hashlib.sha256(SMALL.read_bytes()).hexdigest())
    with pytest.raises(UserError, match="lacks 472 of the 472 tensors"):  # past the digest
        load_weights(SMALL)


@pytest.mark.parametrize("name", ["tensors.pth", "tensors_before_1.6.pth"])
def test_both_torch_formats_are_known_by_content(name):
    with pytest.raises(UserError, match="lacks 472 of the 472 tensors"):
        load_weights(FIXTURES / name, trusted=True)


@pytest.mark.parametrize("data", [b"", b"\x89HDF\r\n\x1a\n" + bytes(500), bytes(range(256))])
def test_files_of_another_kind_are_refused(tmp_path, data):
    path = tmp_path / "inception_v3.h5"
    path.write_bytes(data)
    with pytest.raises(UserError, match="which is neither"):
        load_weights(path, trusted=True)


def test_missing_files_are_told(tmp_path):
    with pytest.raises(UserError, match="No Inception weights at"):
        load_weights(tmp_path / "nothing.pth")


def test_wrong_tensors_are_told(zeros):
    with pytest.raises(UserError, match=r"\(1000, 2048\); expected \(1008, 2048\)"):
        checked({**zeros, "fc.weight": np.zeros((1000, 2048))}, "x")
    with pytest.raises(UserError, match="1 tensors too many, the first being 'AuxLogits"):
        checked({**zeros, "AuxLogits.fc.bias": np.zeros(3)}, "x")
    with pytest.raises(UserError, match="not finite"):
        checked({**zeros, "fc.bias": np.full(1008, np.nan)}, "x")
    with pytest.raises(UserError, match="variances below 0"):
        checked({**zeros, "Conv2d_1a_3x3.bn.running_var": np.full(32, -1.0)}, "x")
    counted = checked({**zeros, "Conv2d_1a_3x3.bn.num_batches_tracked": np.array(3)}, "x")
    assert set(counted) == set(zeros)


def test_downloads_once_and_keeps_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(inception_weights, "SHA256", hashlib.sha256(SMALL.read_bytes()).hexdigest())
    folder = tmp_path / "cache"
    for url in (SMALL.as_uri(), "file:///nowhere"):  # the second time nothing is fetched
        with pytest.raises(UserError, match="lacks 472"):
            load_weights(folder=folder, url=url)
    assert [path.name for path in folder.iterdir()] == [NAMES[0]]
    assert (folder / NAMES[0]).read_bytes() == SMALL.read_bytes()


def test_without_a_network_it_says_where_the_file_goes(tmp_path):
    with pytest.raises(UserError, match=f"put it into {tmp_path} as {NAMES[0]}"):
        load_weights(folder=tmp_path, url=(tmp_path / "nothing").as_uri())
    assert not list(tmp_path.iterdir())
