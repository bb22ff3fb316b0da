import h5py
import keras
import pytest

from callbacks import BestCheckpoint, ExponentialMovingAverage
from tests.callbacks.models import Then, bits_equal, fit, linear


def scores(values):
    """A callback that writes a score into some epochs."""
    return Then(lambda model, epoch, logs: logs.update(values.get(epoch + 1, {})))


@pytest.mark.parametrize(("mode", "best", "epoch"), [("min", 1.0, 4), ("max", 5.0, 2)])
def test_best_of_a_number_that_is_not_in_every_epoch(tmp_path, mode, best, epoch):
    values = {2: 5.0, 4: 1.0, 6: 3.0, 7: float("nan")}
    values = {key: {"fmd": value} for key, value in values.items()}
    kept, path = {}, tmp_path / "weights/best.weights.h5"
    record = Then(lambda model, epoch, logs: kept.update({epoch + 1: model.get_weights()}))
    callback = BestCheckpoint(path, "fmd", mode)
    model = linear()
    fit(model, scores(values), callback, record, epochs=7)
    assert (callback.best, callback.epoch) == (best, epoch)
    model.load_weights(path)
    assert bits_equal(model.get_weights(), kept[epoch])
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    again = BestCheckpoint(path, "fmd", mode)
    again.restore(callback.state())
    assert (again.best, again.epoch) == (best, epoch)


def test_saves_the_averaged_weights(tmp_path):
    path, average = tmp_path / "best.weights.h5", ExponentialMovingAverage(0.9)
    model = linear(keras.optimizers.Adam(0.01))
    fit(model, average, BestCheckpoint(path, "loss", average=average))
    mean, raw = average.weights(), model.get_weights()
    with h5py.File(path) as file:
        assert "optimizer" not in file
    model.load_weights(path)
    assert bits_equal(model.get_weights(), mean)
    assert not bits_equal(mean, raw)


def test_a_failing_disk_and_a_missing_number_are_said(tmp_path):
    (tmp_path / "file").touch()
    callback = BestCheckpoint(tmp_path / "file/best.weights.h5", "loss")
    with pytest.warns(UserWarning, match="training goes on"):
        fit(linear(), callback)
    with pytest.warns(UserWarning, match="'fmd' was in no epoch's logs, which had loss"):
        fit(linear(), BestCheckpoint(tmp_path / "best.weights.h5", "fmd"))


def test_errors_are_sentences():
    with pytest.raises(ValueError, match="must end in .weights.h5"):
        BestCheckpoint("best.h5", "loss")
    with pytest.raises(ValueError, match='must be "min" or "max"'):
        BestCheckpoint("best.weights.h5", "loss", "auto")
