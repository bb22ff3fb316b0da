"""The cases that diffusers and the tests both sample on rates; imports nothing of either."""

import numpy as np

START = np.linspace(-2, 2, 96, dtype="float32").reshape(2, 4, 4, 3)
# Of predictor-corrector: one image, for diffusers takes the norms over a batch.
ONE = START[:1]
LEVELS = {"smallest": 0.01, "largest": 50.0}
# 1 / 16 is exact: diffusers rounds its places down to a level.
STEPS, SNR = 17, 0.15
DRAWS = np.random.default_rng(3).normal(size=(2, STEPS, *ONE.shape)).astype("float32")

# Sampler of diffusers, of ours, and number of steps.
EDM = {"edm_euler": 10, "edm_dpm_solver": 20}
# 999 is divisible by 9 and by 27: linspace visits whole steps of 1000.
FLOW = {"flow_euler": 28, "flow_heun": 10}


def output(noisy, time, sin):
    """A network that bends, and differs from time to time; `sin` of any library.

    Times are c_noise for EDM, and step / T for a flow and for score matching.
    """
    return (time + 3.0) / 5.0 * sin(3.0 * noisy)


def score(noisy, time, sin):
    """The same for scores: mostly the way back to 0, so that the walk stays in bounds."""
    return 0.3 * output(noisy, time, sin) - noisy
