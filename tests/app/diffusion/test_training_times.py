import json

import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

from app.diffusion import schedules
from app.diffusion.training_times import TIMES, LogitNormal, LogNormal, Stratified, Uniform


@pytest.mark.parametrize("name", ["uniform", "stratified"])
def test_training_times_are_steps_of_equal_chance(name):
    seed, schedule = keras.random.SeedGenerator(2), schedules.linear(20)
    drawn = [ops.convert_to_numpy(TIMES[name]()(50, schedule, seed)) for _ in range(40)]
    index = np.concatenate(drawn) * 20
    np.testing.assert_allclose(index, np.round(index), atol=1e-5)
    counts = np.bincount(np.round(index).astype(int), minlength=21)
    assert counts[0] == 0 and stats.chisquare(counts[1:]).pvalue > 1e-3
    assert np.any(drawn[0] != drawn[1])


def test_stratified_times_cover_the_schedule():
    seed = keras.random.SeedGenerator(2)
    drawn = ops.convert_to_numpy(Stratified()(10, schedules.linear(), seed))
    assert np.all((drawn > np.arange(10) / 10) & (drawn <= np.arange(1, 11) / 10 + 1e-6))


def test_fixed_times_by_hand():
    fixed = ops.convert_to_numpy(Uniform().fixed(4, schedules.linear()))
    np.testing.assert_allclose(fixed, [0.126, 0.376, 0.626, 0.876], rtol=1e-6)
    np.testing.assert_allclose(
        ops.convert_to_numpy(Uniform().fixed(3, schedules.linear(1))), [1.0] * 3
    )


@pytest.mark.parametrize("name", ["karras", "linear", "flow"])
def test_log_normal_levels_are_edms_on_any_schedule(name):
    schedule, seed = schedules.SCHEDULES[name](), keras.random.SeedGenerator(3)
    time = ops.convert_to_numpy(LogNormal(-0.8, 0.9)(4000, schedule, seed))
    sigma = np.interp(time * schedule.steps, np.arange(1001), -0.5 * schedule.log_snrs)
    # sigma is log(noise rate / signal rate): nats
    assert stats.kstest(sigma, "norm", args=(-0.8, 0.9)).pvalue > 1e-3
    middle = ops.convert_to_numpy(LogNormal().fixed(3, schedules.karras()))
    levels = np.interp(middle * 1000, np.arange(1001), -0.5 * schedules.karras().log_snrs)
    # Quantiles 1/6, 1/2, 5/6 of N(-1.2, 1.2^2).
    np.testing.assert_allclose(levels, stats.norm(-1.2, 1.2).ppf([1 / 6, 1 / 2, 5 / 6]), atol=2e-3)


def test_levels_beyond_the_schedule_become_its_ends():
    schedule = schedules.exploding(10, 0.1, 1.0)
    far = LogNormal(0.0, 1e3)
    time = ops.convert_to_numpy(far(200, schedule, keras.random.SeedGenerator(0)))
    assert time.min() == pytest.approx(0.1) and time.max() == 1.0
    assert np.all(np.isfinite(ops.convert_to_numpy(far.at(ops.zeros((2,)), schedule))))


def test_logit_normal_times():
    schedule, seed = schedules.flow(), keras.random.SeedGenerator(3)
    time = ops.convert_to_numpy(LogitNormal(0.3, 0.8)(4000, schedule, seed))
    steps = time * 1000
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-3)
    middle = (steps - 0.5) / 1000
    assert stats.kstest(np.log(middle / (1 - middle)), "norm", args=(0.3, 0.8)).pvalue > 1e-3


@pytest.mark.parametrize("name", TIMES)
def test_times_survive_json(name):
    times = TIMES[name](-0.4, 1.5) if "normal" in name else TIMES[name]()
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(times)))
    revived = keras.saving.deserialize_keras_object(config)
    assert type(revived) is TIMES[name] and revived.get_config() == times.get_config()


def test_wrong_arguments_are_refused_with_a_sentence():
    for kind in (LogNormal, LogitNormal):
        with pytest.raises(ValueError, match="`deviation` must be above 0"):
            kind(deviation=0.0)
