import numpy as np
import pytest
from keras import ops

from app.diffusion import schedules
from app.diffusion.condition import AttributeCondition, ClassCondition, NoCondition
from app.diffusion.denoiser import denoiser
from app.diffusion.guidance import classifier_free
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
        denoiser(linear, TARGETS["noise"](), SCHEDULE), AttributeCondition(2), 1.0
    )
    guided(NOISY, TIME, np.ones((3, 2), "float32"))
    np.testing.assert_array_equal(seen[0], [[1, 1]] * 3 + [[0, 0]] * 3)


@pytest.mark.parametrize("kind", [NoCondition(), ClassCondition(5)])
def test_no_condition_is_refused(kind):
    guided = classifier_free(denoiser(network, TARGETS["noise"](), SCHEDULE), kind, 2.0)
    with pytest.raises(ValueError, match="needs a condition"):
        guided(NOISY, TIME, None)
