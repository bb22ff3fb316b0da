"""A power-function average of the weights: its length is a share of the training so far."""

import math

import numpy as np
from keras import ops

from callbacks.stepwise_average import StepwiseAverage

LONGEST = 1 / math.sqrt(12)  # sigma_rel of the plain mean of all steps, exponent 0


class PowerFunctionAverage(StepwiseAverage):
    """Keeps an average of the weights whose window grows with training, in the compiled step.

    Use two of them, of sigma_rel 0.05 and 0.10, with `AverageSnapshots`: any length in between
    and beyond can then be made after training, so that it is chosen by the score of its images and
    not guessed before. Alone it is an average that needs no decay fitted to the length of the run.

    Formula, t = 1, 2, ... changes of the weights, the weights before the first one without share::

        average = beta_t * average + (1 - beta_t) * weight,  beta_t = (1 - 1 / t) ^ (exponent + 1)

    which weights the weights of change i by (i^(exponent + 1) - (i - 1)^(exponent + 1)) /
    t^(exponent + 1). The rest is as in `StepwiseAverage`.

    Args:
        sigma_rel: float in (0, 0.2886); standard deviation of those shares over time, as a part
            of the whole training. 0.05 looks back about a tenth of the training, 0.10 a fifth.
        swap_at_end: bool; True leaves the averaged weights in the model after `fit`.

    Raises:
        ValueError: `sigma_rel` out of range, or a model that is not compiled.

    Example:
        >>> average = PowerFunctionAverage(0.10)
        >>> model.fit(images, labels, callbacks=[average])
        >>> with average.swapped(model):
        ...     model.evaluate(images, labels)

    References:
        Karras, Aittala, Lehtinen, Hellsten, Aila, Laine 2023, arXiv:2312.02696, section 3.1 and
        appendix C.
    """

    def __init__(self, sigma_rel, swap_at_end=False):
        super().__init__(swap_at_end)
        self.sigma_rel, self.exponent = float(sigma_rel), exponent_of(sigma_rel)

    def rate(self, updates):
        """The share of the new weights, 1 - beta_t: all of it at the first change."""
        return -ops.expm1((self.exponent + 1.0) * ops.log1p(-1.0 / (updates + 1.0)))


def exponent_of(sigma_rel):
    """Returns the exponent of the power function of a relative length.

    Formula: the largest root of `g^3 + 7 g^2 + (16 - 1 / s^2) g + 12 - 1 / s^2 = 0`, which is
    `s^2 = (g + 1) / ((g + 2)^2 (g + 3))` solved for g.

    Args:
        sigma_rel: float in (0, 0.2886).

    Raises:
        ValueError: out of range.

    Example:
        >>> round(exponent_of(0.10), 2), round(exponent_of(0.05), 2)
        (6.94, 16.97)

    Source: Karras et al. 2023, arXiv:2312.02696, section 3.1, appendix C and algorithm 2.
    """
    if not 0 < sigma_rel < LONGEST:
        raise ValueError(
            "The length `sigma_rel` of a power-function average must be above 0 and below "
            f"{LONGEST:.4f}, where it is the plain mean of all steps. Received: {sigma_rel}."
        )
    inverse = float(sigma_rel) ** -2
    return float(np.roots([1.0, 7.0, 16.0 - inverse, 12.0 - inverse]).real.max())
