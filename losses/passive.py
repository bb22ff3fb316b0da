"""Losses that push down the other classes: mean absolute error and reverse cross entropy."""

import math

import keras
from keras import ops

from losses.classification import ClassificationLoss, check_number

# The natural logarithm that stands for ln 0 in the code of Wang et al. and of Ma et al.
LOG_ZERO = math.log(1e-4)


def missing(log_probabilities):
    """1 - p_k of log-probabilities, for all k."""
    return -ops.expm1(log_probabilities)


@keras.saving.register_keras_serializable("losses")
class MeanAbsoluteError(ClassificationLoss):
    """One minus the probability of the label (MAE).

    Use it as the passive part of `ActivePassive`. Alone it is the most robust and the slowest to
    learn: its gradient vanishes where the label is thought impossible.

    L(p, k) = 1 - p_k, half the L1 distance of p from the one-hot label. Range [0, 1]; the sum over
    k is classes - 1 (symmetric). Papers with sum |p - target| = 2 - 2 p_k mean twice this value;
    the code of Ma et al., whose weights everybody uses, has 1 - p_k.
    (`keras.losses.MeanAbsoluteError` is the mean over classes, 2 / classes times this, of
    probabilities.) For a soft target it is the mean over labels, not the L1 distance from it.

    Args:
        **kwargs: `name`, `reduction`, `dtype` of `ClassificationLoss`.

    Example:
        ```python
        value = MeanAbsoluteError()(np.array([0]), np.zeros((1, 4)))  # 3/4
        ```

    References:
        Ghosh et al. 2017, arXiv:1712.09482 (robustness). Ma et al. 2020, arXiv:2006.13554.
    """

    def per_class(self, log_probabilities):
        return missing(log_probabilities)


@keras.saving.register_keras_serializable("losses")
class ReverseCrossEntropy(ClassificationLoss):
    """Cross entropy with prediction and label in exchanged roles (RCE).

    Use it as the passive part of `ActivePassive`, or with cross entropy as
    `SymmetricCrossEntropy`. It is `MeanAbsoluteError` times -log_zero.

    L(p, k) = -sum over j of p_j ln(label_j), ln 0 := log_zero, = -log_zero (1 - p_k).
    Range [0, -log_zero]; the sum over k is -log_zero (classes - 1) (symmetric).

    Args:
        log_zero: float < 0; what stands for ln 0, the A of the papers. ln 1e-4 = -9.21 (default)
            is what the code of both papers uses, so the published weights go with it; the text
            of Ma et al. says -4. At -4 a weight of 2.303 equals the code's weight of 1.
        **kwargs: `name`, `reduction`, `dtype` of `ClassificationLoss`.

    Raises:
        ValueError: `log_zero` is not below 0.

    Example:
        ```python
        value = ReverseCrossEntropy(log_zero=-4.0)(np.array([0]), np.zeros((1, 4)))  # 3
        ```

    References:
        Wang et al. 2019, arXiv:1908.06112. Ma et al. 2020, arXiv:2006.13554.
    """

    def __init__(self, log_zero=LOG_ZERO, **kwargs):
        super().__init__(**kwargs)
        check_number("log_zero", log_zero, "below 0, such as ln 1e-4 or -4", log_zero < 0)
        self.log_zero = log_zero

    def per_class(self, log_probabilities):
        return -self.log_zero * missing(log_probabilities)

    def get_config(self):
        """The arguments that make the same loss again."""
        return {**super().get_config(), "log_zero": self.log_zero}
