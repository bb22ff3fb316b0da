import numpy as np
import pytest
from keras import ops

from app.diffusion import schedules
from app.diffusion.times import SPACINGS, Trajectory
from tests import oracles
from tests.app.diffusion.modes import compiled


def visited(trajectory, steps):
    return [int(trajectory.step(index)) for index in range(steps + 1)]


def test_the_three_spacings_by_hand():
    schedule = schedules.linear()
    lists = {spacing: visited(Trajectory(schedule, 10, spacing), 10) for spacing in SPACINGS}
    # One more than the time steps of diffusers: 900..0, 999..99, 999..0.
    assert lists["leading"] == [901, 801, 701, 601, 501, 401, 301, 201, 101, 1, 0]
    assert lists["trailing"] == [1000, 900, 800, 700, 600, 500, 400, 300, 200, 100, 0]
    assert lists["linspace"] == [1000, 889, 778, 667, 556, 445, 334, 223, 112, 1, 0]


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("total", [7, 1000, 5000])
def test_any_number_of_steps_falls_all_the_way(total, spacing):
    schedule = schedules.linear(total, last=0.01)

    @compiled
    def run(steps, index):
        trajectory = Trajectory(schedule, steps, spacing)
        rows = [trajectory.time, trajectory.signal_rate, trajectory.noise_rate]
        return (trajectory.step(index), *(row(index) for row in rows))

    index = np.arange(total + 1, dtype="int32")
    for steps in sorted({1, 2, 7, total // 3, total}):
        values = run(ops.convert_to_tensor(steps, dtype="int32"), index)
        step, time, signal, rate = (ops.convert_to_numpy(value)[: steps + 1] for value in values)
        assert step.tolist() == oracles.visited(total, steps, spacing)
        assert np.all(np.diff(step) < 0) and step[-1] == 0 and time[-1] == 0
        np.testing.assert_allclose(time, step / total, rtol=1e-6)
        np.testing.assert_array_equal(signal, schedule.signal_rates[step].astype("float32"))
        np.testing.assert_array_equal(rate, schedule.noise_rates[step].astype("float32"))


def test_the_alpha_bar_that_ends_the_chain():
    schedule = schedules.linear(first=0.01)
    assert float(Trajectory(schedule, 10).signal_rate(10)) == 1.0
    last = Trajectory(schedule, 10, final="first")
    assert abs(float(last.signal_rate(10)) ** 2 - 0.99) < 1e-6 and float(last.time(10)) == 0.0


def test_wrong_arguments_are_refused_with_a_sentence():
    schedule = schedules.linear(100)
    for steps in (0, 101, -1, 10.5, np.int64(101)):
        with pytest.raises(ValueError, match="must be whole, from 1 to 100"):
            Trajectory(schedule, steps)
    with pytest.raises(ValueError, match="`spacing` must be one of"):
        Trajectory(schedule, 10, "middle")
    with pytest.raises(ValueError, match="`final` must be"):
        Trajectory(schedule, 10, final="zero")


def test_a_start_that_still_shows_the_image_is_warned_of():
    schedule = schedules.linear(1000)
    assert Trajectory(schedule, 600, "trailing").start_warning() is None
    assert Trajectory(schedule, 10, "leading").start_warning() is None  # step 901: 1.7 % is left
    share = np.sqrt(oracles.alpha_bars(np.linspace(1e-4, 0.02, 1000))[600])
    assert 0.1 < share < 0.2
    warning = Trajectory(schedule, 600, "leading").start_warning()
    assert f"starts at step 600, where the schedule 'linear' leaves {100 * share:.1f} %" in warning
    # Of a chain that ends with much signal its own warning tells, not this one.
    assert Trajectory(schedules.linear(10), 10, "leading").start_warning() is None
