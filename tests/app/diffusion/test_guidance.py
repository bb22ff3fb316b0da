import keras
import numpy as np
import pytest
from keras import ops

from app.diffusion import schedules
from app.diffusion.condition import AttributeCondition, ClassCondition, NoCondition
from app.diffusion.denoiser import denoiser
from app.diffusion.guidance import classifier_free, within
from app.diffusion.targets import TARGETS
from tests.app.diffusion.modes import MODES

SCHEDULE = schedules.linear(40, scaled=True)
NOISY = np.random.default_rng(0).normal(size=(3, 4, 4, 1)).astype("float32")
TIME = np.array([0.1, 0.5, 1.0], "float32")
LABELS = np.array([0, 3, 1], "int32")
BATCHES = []


def network(noisy, time, condition=None, training=False):
    """Output (label + 1) * noisy; records the batch sizes that it sees."""
    BATCHES.append(noisy.shape[0])
    return noisy * (ops.cast(ops.reshape(condition, (-1, 1, 1, 1)), "float32") + 1.0)


def by_hand(weight, target):
    """(1 + w) c - w u of the noise, and the clean image that belongs to it."""
    signal, rate = (
        ops.convert_to_numpy(f(TIME)) for f in (SCHEDULE.signal_rate, SCHEDULE.noise_rate)
    )
    signal, rate = signal.reshape(-1, 1, 1, 1), rate.reshape(-1, 1, 1, 1)
    outputs = [NOISY * (labels.reshape(-1, 1, 1, 1) + 1.0) for labels in (LABELS, np.full(3, 5))]
    if target == "noise":
        noises = outputs
    elif target == "clean":
        noises = [(NOISY - signal * output) / rate for output in outputs]
    else:
        noises = [signal * output + rate * NOISY for output in outputs]
    weight = np.reshape(weight, (-1, 1, 1, 1))
    noise = (1 + weight) * noises[0] - weight * noises[1]
    return (NOISY - rate * noise) / signal, noise


@pytest.mark.parametrize("weight", [2.5, -1.0, [0.0, 1.0, 3.0]], ids=str)
@pytest.mark.parametrize(
    ("target", "mode"), [("noise", "eager"), ("clean", "eager"), *(("velocity", m) for m in MODES)]
)
def test_hos_convention_on_the_noise_and_its_clean_image(target, weight, mode):
    plain = denoiser(network, TARGETS[target](), SCHEDULE)

    def run(noisy, time, labels, weight):
        return tuple(classifier_free(plain, ClassCondition(5), weight)(noisy, time, labels))

    BATCHES.clear()
    clean, noise = MODES[mode](run)(NOISY, TIME, LABELS, np.array(weight, "float32"))
    expected_clean, expected_noise = by_hand(weight, target)
    np.testing.assert_allclose(ops.convert_to_numpy(noise), expected_noise, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(ops.convert_to_numpy(clean), expected_clean, rtol=2e-4, atol=2e-4)
    assert BATCHES == [6], "one forward pass on the doubled batch"


def test_python_zero_is_the_denoiser_itself():
    plain = denoiser(network, TARGETS["noise"](), SCHEDULE)
    assert classifier_free(plain, ClassCondition(5), 0) is plain
    assert classifier_free(plain, ClassCondition(5), 0.0) is plain


def test_attributes_have_a_zero_null():
    seen = []

    def linear(noisy, time, condition=None, training=False):
        seen.append(ops.convert_to_numpy(condition))
        return noisy

    guided = classifier_free(
        denoiser(linear, TARGETS["noise"](), SCHEDULE), AttributeCondition("ab"), 1.0
    )
    guided(NOISY, TIME, np.ones((3, 2), "float32"))
    np.testing.assert_array_equal(seen[0], [[1, 1]] * 3 + [[0, 0]] * 3)


@pytest.mark.parametrize("kind", [NoCondition(), ClassCondition(5)])
def test_no_condition_is_refused(kind):
    guided = classifier_free(denoiser(network, TARGETS["noise"](), SCHEDULE), kind, 2.0)
    with pytest.raises(ValueError, match="needs a condition"):
        guided(NOISY, TIME, None)


# sigma = noise rate / signal rate at the times 0.1, 0.5 and 1.0 of SCHEDULE: 0.37, 3.21 and 157.
@pytest.mark.parametrize(
    ("interval", "inside"),
    [
        ((0.0, 1e9), [1, 1, 1]),
        ((0.5, 10.0), [0, 1, 0]),
        ((0.0, 3.0), [1, 0, 0]),
        ((5.0, 1e9), [0, 0, 1]),
        ((1000.0, 1e9), [0, 0, 0]),
    ],
)
@pytest.mark.parametrize("mode", MODES)
def test_guidance_within_an_interval_of_noise_levels(interval, inside, mode):
    plain = denoiser(network, TARGETS["velocity"](), SCHEDULE)

    def run(noisy, time, labels, weight):
        guided = classifier_free(plain, ClassCondition(5), weight, SCHEDULE, interval)
        return tuple(guided(noisy, time, labels))

    found = MODES[mode](run)(NOISY, TIME, LABELS, np.float32(2.5))
    clean, noise = by_hand(2.5 * np.array(inside, "float64"), "velocity")
    np.testing.assert_allclose(ops.convert_to_numpy(found[1]), noise, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(ops.convert_to_numpy(found[0]), clean, rtol=2e-4, atol=2e-4)


def test_the_lower_end_is_outside_the_upper_one_inside_and_no_signal_is_infinite():
    schedule = schedules.Schedule([0.5, 1.0])  # sigma 1 after the first step, then no signal
    times = np.array([0.0, 0.5, 1.0], "float32")
    for interval, expected in [
        ((0.0, 1.0), [False, True, False]),
        ((1.0, 1e9), [False, False, False]),
        ((0.5, 1e9), [False, True, False]),
    ]:
        found = ops.convert_to_numpy(within(schedule, times, interval))
        assert found.tolist() == expected, interval


def test_outside_the_interval_a_step_costs_one_evaluation():
    ran = []

    def counted(noisy, time, condition=None, training=False):
        size = noisy.shape[0]
        if keras.backend.backend() == "jax":  # which traces both branches, and runs one
            import jax

            jax.debug.callback(lambda: ran.append(size))
        else:
            ran.append(size)
        return network(noisy, time, condition)

    plain = denoiser(counted, TARGETS["velocity"](), SCHEDULE)
    found = {}
    for size, interval in ((6, (0.0, 1e9)), (3, (1000.0, 1e9))):
        ran.clear()
        guided = classifier_free(plain, ClassCondition(5), 2.0, SCHEDULE, interval)
        found[size] = [ops.convert_to_numpy(value) for value in guided(NOISY, TIME, LABELS)]
        assert ran == [size]
    for value, expected in zip(found[3], plain(NOISY, TIME, LABELS), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("interval", [(1.0, 1.0), (-1.0, 2.0), (3.0,), (float("nan"), 1.0)])
def test_a_wrong_interval_is_refused(interval):
    with pytest.raises(ValueError, match="guidance interval must be a pair"):
        classifier_free(None, ClassCondition(5), 2.0, SCHEDULE, interval)
