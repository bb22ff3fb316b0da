"""One step of Heun with churn on a chain whose signal shrinks, against numpy float64."""

import numpy as np
import pytest
from keras import ops

from app.diffusion import randomness
from app.diffusion.samplers import Heun
from app.diffusion.schedules import Schedule
from app.diffusion.targets import Estimate
from app.diffusion.times import Trajectory
from tests.app.diffusion.continuous_cases import START
from tests.oracles import alpha_bars

BETAS = np.linspace(1e-3, 0.1, 40)
STEPS, INDEX = 10, 5  # every fourth step of the chain; the step from row 20 to row 16
SIGNALS, NOISES = np.sqrt(alpha_bars(BETAS)), np.sqrt(1 - alpha_bars(BETAS))


def denoise(noisy, time, condition=None, numeric=ops):
    """A network that depends on the time, and tells no clean image in its noise."""
    time = numeric.reshape(time, (-1, 1, 1, 1))
    return Estimate(numeric.tanh(0.5 * noisy + time), numeric.sin(noisy - 2 * time))


def crossing(level):
    """(signal, noise, time) where noise / signal, linear rates between the rows, is `level`."""
    row = np.searchsorted(NOISES / SIGNALS, level) - 1
    rise, fall = np.diff(NOISES)[row], np.diff(SIGNALS)[row]
    share = (level * SIGNALS[row] - NOISES[row]) / (rise - level * fall)
    signal = SIGNALS[row] + share * fall
    return signal, level * signal, (row + share) / len(BETAS)


@pytest.mark.parametrize(
    "options, growth",
    [
        ({"churn": 3.0}, 1.3),  # 1 + churn / steps
        ({"churn": 90.0}, np.sqrt(2.0)),
        ({"churn": 3.0, "churn_interval": (50.0, 90.0)}, 1.0),
    ],
    ids=["churn", "too much of it", "elsewhere"],
)
@pytest.mark.parametrize("drawn", [0.0, 1.0], ids=["without noise", "with noise"])
@pytest.mark.parametrize("order", [1, 2])
def test_a_step_with_churn_is_the_papers(order, drawn, options, growth):
    added = drawn * np.random.default_rng(4).normal(size=START.shape)

    def draw(place, shape, stream):
        assert (int(place), stream) == (INDEX, randomness.CHURN)
        return ops.convert_to_tensor(added.astype("float32"))

    trajectory = Trajectory(Schedule(BETAS), STEPS, "trailing")
    sampler = Heun(order, churn_noise=1.01, clip=None, **options)
    found = sampler.step(denoise, trajectory, ops.convert_to_tensor(START), INDEX, None, draw)
    signal, noise, time = crossing(NOISES[20] / SIGNALS[20] * growth)
    # The image is scaled to its new signal, and gets the noise that is missing there.
    kept = signal / SIGNALS[20]
    missing = np.sqrt(max(noise**2 - (kept * NOISES[20]) ** 2, 0.0))
    churned = kept * START.astype("float64") + 1.01 * missing * added
    changes = SIGNALS[16] - signal, NOISES[16] - noise
    clean, unit = denoise(churned, time, numeric=np)
    expected = churned + changes[0] * clean + changes[1] * unit
    if order == 2:
        there = denoise(expected, np.float64(16 / 40), numeric=np)
        expected = churned + changes[0] * (clean + there.clean) / 2
        expected = expected + changes[1] * (unit + there.noise) / 2
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=1e-4, atol=1e-4)
