import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from callbacks import ExponentialMovingAverage, ResumeCheckpoint
from callbacks.checkpoint_file import DamagedCheckpoint, read_checkpoint, write_checkpoint
from callbacks.model_state import put_state, take_state
from tests.callbacks.models import Then, bits_equal, fit, linear
from tests.callbacks.resume_program import EPOCHS, train


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """The folder of a run that was killed with SIGKILL in the middle of epoch 4."""
    folder = tmp_path_factory.mktemp("killed")
    command = [sys.executable, "-m", "tests.callbacks.resume_program", str(folder)]
    root = Path(__file__).parent.parent.parent
    environment = {**os.environ, "KERAS_BACKEND": keras.backend.backend()}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, timeout=300)
    assert done.returncode == -9, done.stderr.decode()
    assert names(folder) == ["checkpoint-0002.npz", "checkpoint-0003.npz"]
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """History, state and averages of the run that nobody stopped."""
    return train(tmp_path_factory.mktemp("whole"))


def names(folder):
    return sorted(path.name for path in folder.glob("checkpoint-*"))


def check_same(resumed, whole):
    history, state, averages, _ = resumed
    assert bits_equal(state, whole[1]), "weights, statistics, seeds, counters, optimizer"
    assert bits_equal(averages, whole[2]), "both averages"
    assert history.history == whole[0].history
    assert history.epoch == list(range(EPOCHS))


def test_resumed_after_kill_equals_the_whole_run_bit_for_bit(killed, whole, tmp_path):
    folder = shutil.copytree(killed, tmp_path / "run")
    check_same(train(folder), whole)
    assert names(folder) == ["checkpoint-0004.npz", "checkpoint-0005.npz"]


@pytest.mark.parametrize("damage", ["half", "bit"])
def test_a_damaged_checkpoint_is_set_aside_for_the_one_before(killed, whole, tmp_path, damage):
    folder = shutil.copytree(killed, tmp_path / "run")
    newest = folder / "checkpoint-0003.npz"
    content = bytearray(newest.read_bytes())
    if damage == "half":
        content = content[: len(content) // 2]
    else:
        content[len(content) // 3] ^= 1
    newest.write_bytes(content)
    with pytest.warns(UserWarning, match="set aside: checkpoint-0003.npz .*one before it is tried"):
        resumed = train(folder)
    check_same(resumed, whole)


def test_a_finished_run_is_left_alone(tmp_path):
    model = linear()
    first = fit(model, ResumeCheckpoint(tmp_path), epochs=3)
    weights = model.get_weights()
    model = linear()
    again = fit(model, ResumeCheckpoint(tmp_path), epochs=3)
    assert bits_equal(model.get_weights(), weights)
    assert again.history == first.history
    fit(model, epochs=1)  # the start at epoch 3 does not stick to the model
    assert not bits_equal(model.get_weights(), weights)


def test_which_epochs_are_saved_and_which_stay(tmp_path):
    fit(linear(), ResumeCheckpoint(tmp_path, every_epochs=3, keep=2), epochs=7)
    assert names(tmp_path) == ["checkpoint-0006.npz", "checkpoint-0007.npz"]

    def stop(model, epoch, logs):
        model.stop_training = epoch == 1

    fit(linear(), Then(stop), ResumeCheckpoint(tmp_path / "early", every_epochs=5), epochs=7)
    assert names(tmp_path / "early") == ["checkpoint-0002.npz"]


def test_restore_by_hand_with_an_average(tmp_path):
    model, average = linear(), ExponentialMovingAverage(0.9)
    fit(model, average, ResumeCheckpoint(tmp_path), epochs=3)
    other, again = linear(), ExponentialMovingAverage(0.9)
    other.set_weights([value + 1 for value in other.get_weights()])
    again.set_model(other)
    resume = ResumeCheckpoint(tmp_path, automatic=False)
    assert resume.restore(other) == 3
    assert bits_equal(other.get_weights(), model.get_weights())
    assert bits_equal(again.weights(), average.weights())
    assert again.updates == 18
    with pytest.raises(ValueError, match="checkpoints of another run"):
        fit(linear(), ResumeCheckpoint(tmp_path, automatic=False))


def test_another_model_is_refused_in_a_sentence_and_left_untouched(tmp_path):
    fit(linear(), ResumeCheckpoint(tmp_path), epochs=1)
    wide = linear(units=5)
    before = wide.get_weights()
    with pytest.raises(ValueError, match=r"has shape \(3, 4\) and the model's .* \(3, 5\)"):
        ResumeCheckpoint(tmp_path).restore(wide)
    assert bits_equal(wide.get_weights(), before)
    with pytest.raises(ValueError, match="optimizer variables and this model"):
        ResumeCheckpoint(tmp_path).restore(linear("adam"))
    with pytest.raises(ValueError, match="Call it on one batch"):
        ResumeCheckpoint(tmp_path).restore(linear(built=False))


@pytest.mark.parametrize("where", ["savez", "replace"])
def test_a_full_disk_is_said_once_and_training_goes_on(tmp_path, monkeypatch, where):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    def fill_the_disk(model, epoch, logs):
        if epoch == 1:
            monkeypatch.setattr(*((np, "savez") if where == "savez" else (os, "replace")), full)

    resume, model = ResumeCheckpoint(tmp_path), linear()
    with pytest.warns(UserWarning, match="epoch 2 could not be written .*No space") as said:
        fit(model, Then(fill_the_disk), resume, epochs=4)
    assert len([one for one in said if "could not be written" in str(one.message)]) == 1
    assert len(resume.epochs) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-0001.npz"]
    read_checkpoint(tmp_path / "checkpoint-0001.npz")


def test_weights_of_nan_are_not_saved(tmp_path):
    def break_weights(model, epoch, logs):
        if epoch == 1:
            model.set_weights([value * np.nan for value in model.get_weights()])

    with pytest.warns(UserWarning, match="Epoch 2 was not saved"):
        fit(linear(), Then(break_weights), ResumeCheckpoint(tmp_path), epochs=2)
    assert names(tmp_path) == ["checkpoint-0001.npz"]


def test_state_is_found_by_name_or_by_order():
    model = linear()
    arrays, order = take_state(model)
    turned = {section: names[::-1] for section, names in order.items()}
    model.set_weights([value * 0 for value in model.get_weights()])
    put_state(model, arrays, turned)
    assert bits_equal(model.get_weights(), linear().get_weights())
    renamed = {section: [f"{name}_9" for name in names] for section, names in order.items()}
    other = linear(keras.optimizers.SGD(0.1))
    other.set_weights([value * 0 for value in other.get_weights()])
    put_state(other, {f"{name}_9": array for name, array in arrays.items()}, renamed)
    assert bits_equal(other.get_weights(), linear().get_weights())


def test_checkpoint_file_holds_any_type(tmp_path):
    bfloat16 = keras.ops.convert_to_numpy(keras.ops.cast([1.5, -2.25], "bfloat16"))
    arrays = {"a/b": np.arange(6).reshape(2, 3), "bfloat16": bfloat16, "scalar": np.float64(3.5)}
    write_checkpoint(tmp_path / "one.npz", arrays, {"x": [1, None, float("inf")]})
    back, state = read_checkpoint(tmp_path / "one.npz")
    assert state == {"x": [1, None, float("inf")]}
    np.testing.assert_array_equal(back["a/b"], arrays["a/b"])
    np.testing.assert_array_equal(back["bfloat16"], [1.5, -2.25])
    assert back["scalar"] == 3.5
    np.savez(tmp_path / "other.npz", x=np.zeros(2))
    with pytest.raises(DamagedCheckpoint, match="other.npz is not a whole checkpoint"):
        read_checkpoint(tmp_path / "other.npz")


def test_errors_are_sentences(tmp_path):
    with pytest.raises(TypeError, match="`also` takes objects .*'swa', a int without"):
        ResumeCheckpoint(tmp_path, also={"swa": 3})
    with pytest.raises(ValueError, match="must be at least 1"):
        ResumeCheckpoint(tmp_path, keep=0)
