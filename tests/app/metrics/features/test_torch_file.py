import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from app.errors import UserError
from app.metrics.features.torch_file import read_tensors

FIXTURES = Path(__file__).parent / "fixtures"  # torch 2.13.0, make_inception_fixture.py
FILES = ["tensors.pth", "tensors_before_1.6.pth"]


@pytest.mark.parametrize("name", FILES)
def test_reads_what_torch_saved(name):
    tensors = read_tensors(FIXTURES / name)
    assert list(tensors) == ["matrix", "transposed", "count"]
    np.testing.assert_array_equal(tensors["matrix"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(tensors["transposed"], [[1, 5, 9], [2, 6, 10], [3, 7, 11]])
    assert tensors["matrix"].dtype == np.float32
    assert tensors["count"].dtype == np.int64 and tensors["count"] == 7


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.99])
def test_files_cut_off_are_told(tmp_path, name, part):
    data = (FIXTURES / name).read_bytes()
    path = tmp_path / "cut.pth"
    path.write_bytes(data[: int(part * len(data))])
    with pytest.raises(UserError, match="cut off"):
        read_tensors(path)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x80\x02K\x01."])
def test_other_files_are_told(tmp_path, data):
    path = tmp_path / "other"
    path.write_bytes(data)
    with pytest.raises(UserError, match="of another kind"):
        read_tensors(path)


def rewritten(path, change):
    """A copy of the zip fixture with another pickle."""
    with (
        zipfile.ZipFile(FIXTURES / "tensors.pth") as old,
        zipfile.ZipFile(path, "w") as new,
    ):
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name.endswith("data.pkl") else data)
    return path


class Call:
    """Pickles as a call of any function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def test_a_file_that_wants_to_run_code_is_refused(tmp_path):
    witness = tmp_path / "witness"
    evil = pickle.dumps({"matrix": Call(Path.touch, witness)}, protocol=2)
    with pytest.raises(UserError, match="it asks for"):
        read_tensors(rewritten(tmp_path / "evil.pth", lambda _: evil))
    assert not witness.exists()
    pickle.loads(evil)
    assert witness.exists()  # so the file was a threat


@pytest.mark.parametrize("stride", [b"\x03", b"\xff"])
def test_a_tensor_beyond_its_storage_is_refused(tmp_path, stride):
    # The shape (2, 3) of the matrix is followed by its strides (3, 1): make the last one larger.
    old, new = b"K\x03K\x01\x86", b"K\x03K" + stride + b"\x86"

    def change(data):
        assert data.count(old) == 1
        return data.replace(old, new)

    with pytest.raises(UserError, match="beyond its storage"):
        read_tensors(rewritten(tmp_path / "far.pth", change))


@pytest.mark.parametrize("content", [[1, 2], {"matrix": 3}, {"model": {}}])
def test_other_contents_are_refused(tmp_path, content):
    path = rewritten(tmp_path / "other.pth", lambda _: pickle.dumps(content, protocol=2))
    with pytest.raises(UserError, match="something else than a dict of tensors"):
        read_tensors(path)
