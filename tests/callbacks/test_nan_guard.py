import keras
import numpy as np
import pytest

from callbacks import ExponentialMovingAverage, NanGuard, ResumeCheckpoint
from tests.callbacks.models import CLEAN, SUMS, Then, bits_equal, linear


class Faulty(keras.utils.PyDataset):
    """Six batches; one of one epoch holds a NaN."""

    def __init__(self, epoch, step):
        super().__init__()
        self.epoch, self.fault = 0, (epoch, step)

    def __len__(self):
        return 6

    def __getitem__(self, index):
        inputs = CLEAN[index * 4 : index * 4 + 4].copy()
        if (self.epoch + 1, index + 1) == self.fault:
            inputs[0, 0] = np.nan
        return inputs, SUMS[index * 4 : index * 4 + 4]


def train(fault, *callbacks, model=None):
    data, kept = Faulty(*fault), {}
    follow = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: setattr(data, "epoch", epoch)
    )
    record = Then(lambda model, epoch, logs: kept.update({epoch + 1: model.get_weights()}))
    model = model or linear()
    start = model.get_weights()
    model.fit(data, epochs=5, shuffle=False, verbose=0, callbacks=[follow, *callbacks, record])
    return model, {0: start, **kept}


def test_stops_says_where_and_puts_the_epoch_before_back():
    guard, average = NanGuard(), ExponentialMovingAverage(0.9)
    model, kept = train((3, 4), guard, average)
    assert (guard.epoch, guard.step, max(kept)) == (3, 4, 3)
    assert bits_equal(model.get_weights(), kept[2])
    assert all(np.all(np.isfinite(value)) for value in average.weights())
    assert guard.message == (
        "Training stopped because the loss became nan in epoch 3, step 4; "
        "the weights of the end of epoch 2 were put back."
    )


def test_the_first_epoch_has_the_weights_from_before():
    guard = NanGuard()
    model, kept = train((1, 1), guard)
    assert bits_equal(model.get_weights(), kept[0])
    assert "weights from before training" in guard.message


def test_puts_the_newest_checkpoint_back(tmp_path):
    resume = ResumeCheckpoint(tmp_path, every_epochs=2)
    guard = NanGuard(resume)
    with pytest.warns(UserWarning, match="Epoch 4 was not saved"):
        model, kept = train((4, 2), guard, resume)
    assert bits_equal(model.get_weights(), kept[2])
    assert "the end of epoch 2 were put back" in guard.message
    guard = NanGuard(ResumeCheckpoint(tmp_path / "none"))
    train((1, 2), guard)
    assert "no checkpoint yet" in guard.message


def test_silent_and_without_waiting_when_all_is_well():
    guard = NanGuard()
    _, kept = train((9, 9), guard)
    assert (guard.message, max(kept)) == (None, 5)
    without, with_guard = (keras.callbacks.CallbackList(list) for list in ([], [guard]))
    assert with_guard._async_train == without._async_train, "fit waits no more than without"


def test_a_model_without_input_shape():
    guard = NanGuard()
    model, kept = train((2, 3), guard, model=linear(built=False))
    assert (guard.epoch, guard.step) == (2, 3)
    assert bits_equal(model.get_weights(), kept[1])
