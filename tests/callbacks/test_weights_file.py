import collections
import errno

import h5py
import keras
import numpy as np
import pytest

from callbacks.weights_file import room, write_weights
from tests.callbacks.models import bits_equal, fit, linear


def test_a_file_holds_the_weights_and_no_optimizer(tmp_path):
    model = linear(keras.optimizers.Adam(0.01))
    fit(model)
    write_weights(model, tmp_path / "weights" / "raw.weights.h5")
    assert model.optimizer is not None
    kept = model.get_weights()
    with h5py.File(tmp_path / "weights" / "raw.weights.h5") as file:
        assert "optimizer" not in file
    model.set_weights([np.zeros_like(weight) for weight in kept])
    model.load_weights(tmp_path / "weights" / "raw.weights.h5")
    assert bits_equal(model.get_weights(), kept)


def test_no_room_is_a_full_disk_and_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "raw.weights.h5"
    path.write_text("old")
    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage(1 << 20, 1 << 20, 100))
    with pytest.raises(OSError, match="No space left") as failure:
        write_weights(linear(), path)
    assert failure.value.errno == errno.ENOSPC
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("layers, units", [(1, 2), (30, 3), (3, 300)])
def test_the_room_asked_for_is_enough(tmp_path, layers, units):
    model = keras.Sequential([keras.Input((units,))])
    for _ in range(layers):
        model.add(keras.layers.Dense(units))
        model.add(keras.layers.BatchNormalization())
    write_weights(model, path := tmp_path / "raw.weights.h5")
    assert path.stat().st_size <= room(model)
