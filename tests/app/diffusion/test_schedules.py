import json

import keras
import numpy as np
import pytest
from keras import ops

from app.diffusion import schedules
from app.diffusion.schedule import Schedule
from app.diffusion.schedules import SCHEDULES
from tests import oracles
from tests.app.diffusion.modes import MODES

ZERO_TERMINAL = Schedule(np.append(np.linspace(1e-3, 0.2, 19), 1.0), "zero terminal SNR")
# T + 1 rows, betas as small as 1e-4 and signal rates down to 1e-11.
OF_BETAS = [name for name in SCHEDULES if SCHEDULES[name]().betas is not None]
OF_RATES = [name for name in SCHEDULES if name not in OF_BETAS]
OWN_RATES = Schedule(name="mine", rates=([1.0, 0.9, 0.5, 0.0], [0.0, 0.3, 0.8, 2.0]))
HARD = [
    OWN_RATES,
    *(SCHEDULES[name]() for name in SCHEDULES),
    schedules.linear(5000),
    schedules.linear().zero_terminal(),
    ZERO_TERMINAL,
]


@pytest.mark.parametrize(
    ("schedule", "first", "last"),
    [
        # alpha_bar_1 and alpha_bar_T, computed apart from this code.
        (schedules.linear(), 0.9999, 4.036e-5),
        (schedules.linear(200), 0.9999, 0.1322),
        (schedules.linear(200, scaled=True), 0.9995, 3.03e-5),
        (schedules.linear(5000), 0.9999, 1.07e-22),
        (schedules.linear(5000, scaled=True), 0.99998, 4.26e-5),
        (schedules.cosine(200), 0.99974, 6.1e-8),
        (schedules.cosine(1000), 0.99996, 2.4e-9),
        (schedules.cosine(5000), 0.99999, 9.7e-11),
    ],
)
def test_ends_of_alpha_bar(schedule, first, last):
    assert abs(schedule.signal_rates[1] ** 2 - first) < 1e-5
    assert abs(schedule.signal_rates[-1] ** 2 / last - 1) < 0.012


def test_the_long_and_the_short_schedule_end_alike():
    chains = [(1000, 0.02), (5000, 0.004), (200, 0.1)]
    ends = [schedules.linear(steps, last=last).signal_rates[-1] ** 2 for steps, last in chains]
    np.testing.assert_allclose(ends, [4.036e-5, 3.488e-5, 3.160e-5], rtol=1e-3)


def test_betas_by_hand():
    np.testing.assert_allclose(schedules.geometric(2, 0.01, 0.16).betas, [0.04, 0.16])
    np.testing.assert_allclose(schedules.annealed(2, 0.1, 0.3).betas, [0.2, 0.3])
    np.testing.assert_allclose(schedules.linear(3, 0.1, 0.3).betas, [0.1, 0.2, 0.3])
    np.testing.assert_allclose(schedules.linear(500, scaled=True).betas[[0, -1]], [2e-4, 0.04])
    assert schedules.cosine(1000).betas.max() == 0.999
    # The logistic curve is symmetric: alpha_bar is 1/2 in the middle.
    assert abs(schedules.sigmoid(10).signal_rates[5] ** 2 - 0.5) < 1e-12


@pytest.mark.parametrize("mode", MODES)
def test_rates_on_the_rows_are_the_rows(mode):
    for schedule in HARD if mode == "eager" else HARD[-1:]:
        check_rows(schedule, mode)


def check_rows(schedule, mode):
    time = np.arange(schedule.steps + 1, dtype="float32") / np.float32(schedule.steps)
    run = MODES[mode](lambda time: (schedule.signal_rate(time), schedule.noise_rate(time)))
    signal, noise = (ops.convert_to_numpy(value) for value in run(time))
    np.testing.assert_array_equal(signal, schedule.signal_rates.astype("float32"))
    np.testing.assert_array_equal(noise, schedule.noise_rates.astype("float32"))
    if schedule.betas is None:
        return
    bars = oracles.alpha_bars(schedule.betas)
    np.testing.assert_allclose(schedule.signal_rates**2, bars, rtol=1e-9)
    np.testing.assert_allclose(schedule.signal_rates**2 + schedule.noise_rates**2, 1, rtol=1e-12)


def test_rates_between_the_rows_are_interpolated():
    schedule = schedules.linear(10, last=0.5)
    middle = float(schedule.signal_rate(ops.convert_to_tensor([0.35]))[0])
    assert abs(middle - schedule.signal_rates[3:5].mean()) < 1e-6


@pytest.mark.parametrize("mode", MODES)
def test_log_snr_is_finite_and_its_inverse_inverts(mode):
    for schedule in HARD if mode == "eager" else HARD[-1:]:
        check_log_snr(schedule, mode)


def check_log_snr(schedule, mode):
    time = np.random.default_rng(0).uniform(size=(20, 10)).astype("float32")
    time[0, :2] = 0.0, 1.0
    run = MODES[mode](lambda time: (schedule.log_snr(time), schedule.time(schedule.log_snr(time))))
    log_snr, again = (ops.convert_to_numpy(value) for value in run(time))
    assert np.all(np.isfinite(log_snr)) and log_snr[0, 0] == 80.0
    assert np.abs(again - time).max() < 1e-5
    assert log_snr[0, 1] >= -80.0
    inside = np.arange(1, schedule.steps)
    expected = np.log(schedule.signal_rates[inside] ** 2 / schedule.noise_rates[inside] ** 2)
    got = ops.convert_to_numpy(schedule.log_snr((inside / schedule.steps).astype("float32")))
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "schedule", [schedules.karras(12), schedules.exploding(20), schedules.flow(7)], ids=repr
)
def test_between_far_rows_the_level_asked_for_is_the_level_of_the_rates(schedule):
    sigma = np.geomspace(0.01, 20, 50).astype("float32")
    time = schedule.time(-2.0 * np.log(sigma))
    signal, noise = (
        ops.convert_to_numpy(f(time)) for f in (schedule.signal_rate, schedule.noise_rate)
    )
    np.testing.assert_allclose(noise / signal, sigma, rtol=1e-4)
    np.testing.assert_allclose(schedule.log_snr(time), -2.0 * np.log(sigma), atol=2e-4)


def test_the_terminal_warning_names_its_figures():
    assert schedules.linear().terminal_warning() is None
    assert schedules.cosine().terminal_warning() is None
    assert "36.4 % of the signal" in schedules.linear(200).terminal_warning()
    assert "15.1 %" in schedules.geometric().terminal_warning()
    assert "95.1 %" in schedules.linear(10).terminal_warning()


def test_zero_terminal_by_hand():
    # alpha_bar 0.81, 0.36, 0.09, square roots 0.9, 0.6, 0.3: minus 0.3, times 0.9 / 0.6.
    schedule = Schedule([0.19, 1 - 0.36 / 0.81, 0.75]).zero_terminal()
    np.testing.assert_allclose(schedule.signal_rates, [1.0, 0.9, 0.45, 0.0], atol=1e-12)
    np.testing.assert_allclose(schedule.betas, [0.19, 0.75, 1.0])
    assert schedule.get_config()["betas"] == schedule.betas.tolist()


@pytest.mark.parametrize("name", OF_BETAS)
def test_zero_terminal_keeps_the_first_step_and_empties_the_last(name):
    plain = SCHEDULES[name]()
    schedule = plain.zero_terminal()
    assert schedule.signal_rates[-1] == 0.0 and schedule.noise_rates[-1] == 1.0
    assert schedule.betas[-1] == 1.0 and schedule.terminal_warning() is None
    assert abs(schedule.signal_rates[1] / plain.signal_rates[1] - 1) < 1e-12
    assert np.all(np.diff(schedule.signal_rates) < 0)
    np.testing.assert_allclose(schedule.zero_terminal().betas, schedule.betas, rtol=1e-9)


def test_noise_levels_by_hand():
    np.testing.assert_allclose(schedules.exploding(3, 0.01, 1.0).noise_rates, [0, 0.01, 0.1, 1])
    # NCSN's ten levels from 1 to 0.01 fall by a ratio of 0.599.
    ratios = schedules.exploding(10, 0.01, 1.0).noise_rates
    np.testing.assert_allclose(ratios[1:-1] / ratios[2:], 0.5994843, rtol=1e-6)
    # EDM's N = 18, from noise to clean, as its paper's formula gives them.
    levels = [80, 57.586, 40.786, 28.375, 19.353, 12.910, 8.401, 5.315, 3.257, 1.923, 1.088, 0.5853]
    levels += [0.2964, 0.1395, 0.0599, 0.0229, 0.0075, 0.002, 0]
    noise = schedules.karras(18).noise_rates[::-1]
    np.testing.assert_allclose(noise, levels, rtol=3e-4, atol=4e-5)
    np.testing.assert_allclose(schedules.karras(3, 1.0, 3.0, rho=1.0).noise_rates, [0, 1, 2, 3])
    np.testing.assert_allclose(schedules.flow(4).signal_rates, [1.0, 0.75, 0.5, 0.25, 0.0])
    np.testing.assert_allclose(schedules.flow(4).noise_rates, [0.0, 0.25, 0.5, 0.75, 1.0])


def test_eighteen_of_many_levels_are_edms_own():
    # 17 divides 1020: linspace visits every 60th level.
    fine, own = schedules.karras(1021), schedules.karras(18)
    np.testing.assert_allclose(fine.noise_rates[1::60], own.noise_rates[1:], rtol=1e-12)


def test_kinds_of_schedules():
    kinds = {name: SCHEDULES[name]().kind for name in OF_RATES}
    assert kinds == {"exploding": "exploding", "karras": "exploding", "flow": "flow"}
    assert {SCHEDULES[name]().kind for name in OF_BETAS} == {"preserving"}
    starts = {name: SCHEDULES[name]().start_rate for name in SCHEDULES}
    assert starts.pop("exploding") == pytest.approx(50.0)
    assert starts.pop("karras") == pytest.approx(80.0)
    assert set(starts.values()) == {1.0}  # exactly: pictures of old runs do not change


def test_the_flow_has_no_signal_at_its_end_and_divides_by_nothing():
    schedule = schedules.flow(10)
    time = ops.convert_to_tensor([1.0, 0.95, 0.0])
    np.testing.assert_allclose(schedule.signal_rate(time), [0.0, 0.05, 1.0], atol=1e-6)
    np.testing.assert_allclose(schedule.noise_rate(time), [1.0, 0.95, 0.0], atol=1e-6)
    assert float(schedule.log_snr(time)[0]) == -80.0 and float(schedule.log_snr(time)[2]) == 80.0
    assert float(schedule.time(ops.convert_to_tensor(-1e30))) == 1.0
    assert float(schedule.time(ops.convert_to_tensor(1e30))) < 1e-15
    assert schedule.terminal_warning() is None


def test_the_warning_of_too_small_a_last_level():
    assert schedules.exploding().terminal_warning() is None
    # Unit data and unit noise: 1 / sqrt(2) of the standard deviation.
    assert "70.7 % of the signal" in schedules.exploding(10, 0.01, 1.0).terminal_warning()
    assert "larger last noise level" in schedules.exploding(10, 0.01, 1.0).terminal_warning()


def test_schedules_survive_json():
    for schedule in HARD:
        config = json.dumps(keras.saving.serialize_keras_object(schedule))
        if schedule.name in SCHEDULES:
            assert len(config) < 400, "arguments, not tables"
        revived = keras.saving.deserialize_keras_object(json.loads(config))
        np.testing.assert_array_equal(revived.signal_rates, schedule.signal_rates)
        np.testing.assert_array_equal(revived.noise_rates, schedule.noise_rates)
        assert revived.start_rate == schedule.start_rate
        assert revived.name == schedule.name


def test_wrong_arguments_are_refused_with_a_sentence():
    with pytest.raises(ValueError, match="must be an integer from 1"):
        schedules.linear(0)
    with pytest.raises(ValueError, match="must be an integer from 1"):
        schedules.cosine(10.0)
    with pytest.raises(ValueError, match="Take more steps or a smaller last beta"):
        schedules.linear(10, scaled=True)
    with pytest.raises(ValueError, match="must be a vector"):
        Schedule([])
    with pytest.raises(ValueError, match="Take 2 steps or more"):
        schedules.linear(1).zero_terminal()
    for name in OF_RATES:
        with pytest.raises(ValueError, match="rescales a schedule of betas"):
            SCHEDULES[name](5).zero_terminal()
    for levels in ((0.0, 1.0), (2.0, 1.0), (1.0, 1.0)):
        with pytest.raises(ValueError, match="must rise from above 0"):
            schedules.exploding(5, *levels)
    with pytest.raises(ValueError, match="`rho` must be above 0"):
        schedules.karras(5, rho=0.0)
    with pytest.raises(ValueError, match="two vectors of one length"):
        Schedule(rates=([1.0, 0.5], [0.0, 0.5, 1.0]))
    for rates in (([0.5, 1.0], [0.5, 0.0]), ([1.0, 0.0, 0.0], [0.0, 1.0, 1.0])):
        with pytest.raises(ValueError, match="must rise from row to row"):
            Schedule(rates=rates)
    with pytest.raises(ValueError, match="No schedule is called"):
        Schedule.from_config({"name": "quartic", "arguments": {}})


def test_the_inverse_takes_a_batch_of_unknown_size():
    schedule = schedules.karras(100)
    run = keras.Sequential([keras.Input(()), keras.layers.Lambda(schedule.time)])
    found = run.predict(np.array([80.0, -2 * np.log(80.0)], "float32"), verbose=0)
    np.testing.assert_allclose(found, [0.0, 1.0], atol=1e-6)
