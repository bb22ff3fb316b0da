import numpy as np
import pytest
from keras import ops

from app.diffusion import schedules
from app.diffusion.weighting import WEIGHTINGS, min_snr, none

SNR = np.array([1e-6, 0.01, 1.0, 4.9, 5.0, 5.1, 100.0, 9999.0])


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("clean", np.minimum(SNR, 5)),
        ("noise", np.minimum(SNR, 5) / SNR),
        ("velocity", np.minimum(SNR, 5) / (SNR + 1)),
        ("score", np.minimum(SNR, 5) / SNR),
        ("flow", np.minimum(SNR, 5) / (np.sqrt(SNR) + 1) ** 2),
    ],
)
def test_min_snr_of_each_target(target, expected):
    result = ops.convert_to_numpy(min_snr(np.log(SNR).astype("float32"), target))
    np.testing.assert_allclose(result, expected, rtol=1e-5)


def test_published_values_of_the_linear_schedule():
    # Linear, T = 1000: weight of the noise error 5.0e-4 at t = 0, 0.586 at t = 100, 1 from t = 250.
    time = np.array([1, 101, 251, 1000], "float32") / np.float32(1000)
    result = ops.convert_to_numpy(min_snr(schedules.linear().log_snr(time), "noise"))
    np.testing.assert_allclose(result, [5.0e-4, 0.586, 1.0, 1.0], rtol=1e-3)


@pytest.mark.parametrize("name", WEIGHTINGS)
@pytest.mark.parametrize("target", ["noise", "clean", "velocity", "score", "flow"])
def test_finite_at_both_ends(name, target):
    result = ops.convert_to_numpy(WEIGHTINGS[name](np.array([-80.0, 80.0], "float32"), target))
    assert np.all(np.isfinite(result)) and np.all(result >= 0)


def test_none_is_one():
    assert np.all(ops.convert_to_numpy(none(ops.zeros((3,)), "noise")) == 1.0)


def test_an_unknown_target_is_refused():
    with pytest.raises(ValueError, match="knows the targets"):
        min_snr(ops.zeros((1,)), "edm")
