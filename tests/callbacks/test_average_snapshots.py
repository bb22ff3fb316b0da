import keras
import numpy as np
import pytest

from callbacks import AverageSnapshots, PowerFunctionAverage, ResumeCheckpoint
from callbacks.average_reconstruction import coefficients, reconstruct
from callbacks.average_snapshots import Snapshot, kept_epochs, snapshots_in
from callbacks.power_average import exponent_of
from tests.callbacks.models import Recorder, Then, bits_equal, fit, largest_difference, linear
from tests.callbacks.test_power_average import averaged, shares

EPOCHS = 16
STEPS = 6 * EPOCHS


class Stop(Exception):
    """Ends a fit as a kill does."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Folder of snapshots of two lengths, the weights of every step, the trained model."""
    folder = tmp_path_factory.mktemp("snapshots")
    model, recorder = linear(keras.optimizers.SGD(0.01)), Recorder()
    averages = [PowerFunctionAverage(0.05), PowerFunctionAverage(0.10)]
    fit(model, recorder, *averages, AverageSnapshots(averages, folder, 8), epochs=EPOCHS)
    return folder, recorder.steps, model


def test_the_rule_keeps_evenly_spread_epochs_and_the_last():
    assert kept_epochs(10, 4) == {3, 5, 8, 10}  # ends of the parts 2.5, 5, 7.5, 10
    assert kept_epochs(3, 16) == {1, 2, 3}
    assert kept_epochs(7, 1) == {7}


def test_snapshots_are_the_averages_at_their_time(trained):
    folder, steps, _ = trained
    snapshots = snapshots_in(folder)
    assert [(s.sigma_rel, s.updates) for s in snapshots] == [
        (length, 12 * part) for length in (0.05, 0.1) for part in range(1, 9)
    ]
    model = linear()
    for snapshot in snapshots:
        model.load_weights(snapshot.path)
        expected = averaged(steps[: snapshot.updates], exponent_of(snapshot.sigma_rel))
        assert largest_difference(model.get_weights(), expected) < 1e-5


@pytest.mark.parametrize("sigma_rel", [0.04, 0.06, 0.08, 0.12, 0.2])
def test_shares_are_the_least_squares_solution(sigma_rel):
    """Against numpy's lstsq on the shares of 3,000 steps, the sum of one as a heavy row."""
    updates = [750, 1500, 2250, 3000]
    snapshots = [Snapshot(length, n, None) for length in (0.05, 0.1) for n in updates]
    rows = np.array([shares(s.updates, exponent_of(s.sigma_rel), 3000) for s in snapshots])
    wanted = shares(3000, exponent_of(sigma_rel))
    heavy = 1e3 * np.ones((1, len(snapshots)))
    expected = np.linalg.lstsq(np.vstack([rows.T, heavy]), np.append(wanted, 1e3), rcond=None)[0]
    found, error = coefficients(snapshots, sigma_rel)
    # steps instead of continuous time: the shares of a step differ by about 1 / 3000 of themselves
    np.testing.assert_allclose(found, expected, atol=5e-3)
    relative = np.linalg.norm(expected @ rows - wanted) / np.linalg.norm(wanted)
    assert error == pytest.approx(relative, rel=0.02)
    assert found.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("sigma_rel", [0.05, 0.10])
def test_a_stored_length_is_itself_bit_for_bit(trained, sigma_rel):
    folder, _, _ = trained
    snapshots, made, stored = snapshots_in(folder), linear(), linear()
    assert reconstruct(made, snapshots, sigma_rel) == 0
    newest = [s for s in snapshots if s.sigma_rel == sigma_rel][-1]
    stored.load_weights(newest.path)
    assert bits_equal(made.get_weights(), stored.get_weights())


@pytest.mark.parametrize("sigma_rel", [0.06, 0.08, 0.12, 0.15])
def test_a_length_between_is_near_the_average_that_was_kept(trained, sigma_rel):
    """The difference of two weighted sums whose shares sum to one is bounded by their shares.

    |sum (x p - q) w| <= |x p - q|_1 * (half the way that a weight went): no free tolerance, but
    for float32. The bound itself must be small, or it would say nothing.
    """
    folder, steps, _ = trained
    snapshots, model = snapshots_in(folder), linear()
    reconstruct(model, snapshots, sigma_rel)
    found, _ = coefficients(snapshots, sigma_rel)
    rows = np.array([shares(s.updates, exponent_of(s.sigma_rel), STEPS) for s in snapshots])
    off = np.abs(found @ rows - shares(STEPS, exponent_of(sigma_rel))).sum()
    assert off < 0.06
    expected = averaged(steps, exponent_of(sigma_rel))
    for value, kept, path in zip(
        model.get_weights(), expected, zip(*steps, strict=True), strict=True
    ):
        half = np.ptp(np.array(path), axis=0) / 2
        assert np.all(np.abs(value - kept) <= off * half + 1e-5)


def test_weights_that_do_not_move_are_reconstructed(tmp_path):
    model = linear()
    for updates in (10, 20):
        for length in (0.05, 0.1):
            path = tmp_path / f"sigma-{length}-updates-{updates:08d}.weights.h5"
            model.save_weights(path)
    made = linear(units=4)
    reconstruct(made, snapshots_in(tmp_path), 0.15)
    assert largest_difference(made.get_weights(), model.get_weights()) < 1e-6


def test_resumed_snapshots_are_those_of_the_whole_run(trained, tmp_path):
    def stopped(model, epoch, logs):
        if epoch == 6:
            raise Stop

    def train(*more):
        averages = [PowerFunctionAverage(0.05), PowerFunctionAverage(0.10)]
        snapshots = AverageSnapshots(averages, tmp_path / "snapshots", 8)
        resume = ResumeCheckpoint(tmp_path / "checkpoints", every_epochs=4)
        fit(linear(keras.optimizers.SGD(0.01)), *averages, snapshots, *more, resume, epochs=EPOCHS)

    with pytest.raises(Stop):
        train(Then(stopped))  # the snapshot of epoch 6 is there, the checkpoint is that of epoch 4
    train()
    whole, made = snapshots_in(trained[0]), snapshots_in(tmp_path / "snapshots")
    assert [s.path.name for s in made] == [s.path.name for s in whole]
    for one, other in zip(whole, made, strict=True):
        left, right = linear(), linear()
        left.load_weights(one.path)
        right.load_weights(other.path)
        assert bits_equal(left.get_weights(), right.get_weights()), other.path.name


def test_errors_are_sentences(tmp_path):
    average = PowerFunctionAverage(0.1)
    with pytest.raises(ValueError, match=r"different lengths.*Received: lengths \[0.1, 0.1\]"):
        AverageSnapshots([average, PowerFunctionAverage(0.1)], tmp_path)
    with pytest.raises(ValueError, match="count 0"):
        AverageSnapshots([average], tmp_path, 0)
    with pytest.raises(ValueError, match="Received: none. Train with them"):
        coefficients([], 0.1)
    assert snapshots_in(tmp_path / "nowhere") == []
