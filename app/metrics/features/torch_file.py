"""Reads the tensors of a file written by `torch.save`, without PyTorch and without running code.

Such files hold a pickle, and a pickle can call anything. This reader knows three things only: the
ordered dict, the plain tensor and its storage; whatever else a file asks for is refused by name.
"""

import pickle
import zipfile
from collections import OrderedDict
from typing import NamedTuple

import numpy as np

from app.errors import UserError, first_line

MAGIC = 0x1950A86A20F9469CFC6C  # the first pickle of files before PyTorch 1.6
STORAGES = {
    "HalfStorage": np.dtype("<f2"),
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "IntStorage": np.dtype("<i4"),
    "LongStorage": np.dtype("<i8"),
}


class _Storage(NamedTuple):
    key: str
    dtype: np.dtype


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple
    strides: tuple

    def array(self, memory):
        """The numbers, cut out of the bytes of all storages; never beyond them."""
        numbers = np.frombuffer(memory[self.storage.key], self.storage.dtype)
        if len(self.shape) != len(self.strides) or min((*self.shape, *self.strides), default=0) < 0:
            raise ValueError("a tensor has an impossible shape")
        reach = sum((n - 1) * step for n, step in zip(self.shape, self.strides, strict=True))
        if 0 in self.shape:
            return np.empty(self.shape, numbers.dtype)
        if not 0 <= self.offset <= self.offset + reach < len(numbers):
            raise ValueError("a tensor reaches beyond its storage")
        strides = [step * numbers.itemsize for step in self.strides]
        return np.lib.stride_tricks.as_strided(numbers[self.offset :], self.shape, strides).copy()


def _rebuild(storage, offset, shape, strides, *_):
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


class _Unpickler(pickle.Unpickler):
    """Builds ordered dicts and tensors, nothing else."""

    def find_class(self, module, name):
        """Returns our stand-in for the three known names."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is no plain tensor")

    def persistent_load(self, identity):
        """Returns the storage of that identity, whose bytes are read later."""
        kind, dtype, key, *_ = identity
        if kind != "storage" or not isinstance(dtype, np.dtype):
            raise pickle.UnpicklingError(f"it refers to a {kind!r}, which is no plain storage")
        return _Storage(str(key), dtype)


def read_tensors(path):
    """Reads a dict of tensors, such as a state dict, as numpy arrays.

    Args:
        path: file written by `torch.save`, in the zip format or in that before PyTorch 1.6.

    Returns:
        dict of name to numpy array, axes and types as stored.

    Raises:
        UserError: if the file is cut off or damaged, holds anything but a dict of plain tensors,
            or is no file of `torch.save`.

    Example:
        ```python
        read_tensors("pt_inception-2015-12-05-6726825d.pth")["fc.bias"].shape  # (1008,)
        ```
    """
    try:
        read = _read_zip if zipfile.is_zipfile(path) else _read_legacy
        found, memory = read(path)
        if not isinstance(found, dict) or not all(
            isinstance(name, str) and isinstance(tensor, _Tensor) for name, tensor in found.items()
        ):
            raise ValueError("it holds something else than a dict of tensors")
        return {name: tensor.array(memory) for name, tensor in found.items()}
    except OSError:
        raise
    except Exception as error:  # a damaged pickle raises whatever its bytes happen to mean
        raise UserError(
            f"Expected a dict of tensors written by torch.save. Received {path}, which is damaged, "
            f"cut off or of another kind: {first_line(error)}. Get the file again."
        ) from error


def _read_zip(path):
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        root = next(name for name in names if name.endswith("/data.pkl")).removesuffix("data.pkl")
        if f"{root}byteorder" in names and archive.read(f"{root}byteorder") != b"little":
            raise ValueError("its numbers are big-endian")
        with archive.open(f"{root}data.pkl") as file:
            found = _Unpickler(file).load()
        start = f"{root}data/"
        memory = {
            name.removeprefix(start): archive.read(name) for name in names if name.startswith(start)
        }
    return found, memory


def _read_legacy(path):
    with open(path, "rb") as file:
        if _Unpickler(file).load() != MAGIC:
            raise ValueError("it does not begin as such a file")
        for _ in ("protocol version", "description of the machine"):
            _Unpickler(file).load()
        found = _Unpickler(file, encoding="latin1").load()
        tensors = found.values() if isinstance(found, dict) else ()
        sizes = {each.storage.key: each.storage.dtype.itemsize for each in tensors}
        memory = {}
        for key in _Unpickler(file).load():
            length = int.from_bytes(file.read(8), "little") * sizes[key]
            memory[key] = file.read(length)
            if len(memory[key]) < length:
                raise EOFError("it ends before its last tensor")
    return found, memory
