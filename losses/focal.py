"""Cross entropy with less weight on what is already right."""

import keras
from keras import ops

from losses.classification import ClassificationLoss, check_number

# Below this distance from 1 a probability counts as 1: (1 - p)^gamma has no gradient at p = 1.
LEAST = 1e-20


def focal(log_probabilities, gamma, detached):
    """-(1 - p_k)^gamma ln p_k for all k, with gradients that are finite at p_k = 1.

    Args:
        log_probabilities: float `(batch, ..., classes)`.
        gamma: float >= 0.
        detached: bool; whether (1 - p_k)^gamma is a constant in the gradient.

    Example:
        ```python
        focal(np.log([[0.5, 0.5]]), 1.0, False)  # 0.5 ln 2, twice
        ```
    """
    if gamma == 0:
        return -log_probabilities
    rest = ops.maximum(-ops.expm1(log_probabilities), LEAST)  # 1 - p_k
    modulator = ops.exp(gamma * ops.log(rest))
    return -(ops.stop_gradient(modulator) if detached else modulator) * log_probabilities


@keras.saving.register_keras_serializable("losses")
class Focal(ClassificationLoss):
    """Cross entropy times (1 - p)^gamma: well-classified samples count less.

    Use it where easy samples swamp the hard ones. It is not robust to wrong labels, which are the
    hardest samples of all; normalised it is (`NormalizedFocal`).

    L(p, k) = -(1 - p_k)^gamma ln p_k, nats; range [0, infinity). gamma 0: cross entropy.

    Args:
        gamma: float >= 0, no unit; focusing. 0.5 as Ma et al. for every data set (default), 2 as
            Lin et al. for detection.
        detached: bool; True takes (1 - p_k)^gamma for a constant in the gradient, as the code of
            Ma et al. does; False (default) is the gradient of the formula, as Lin et al. The
            value of the loss is the same.
        **kwargs: `name`, `reduction`, `dtype` of `ClassificationLoss`.

    Raises:
        ValueError: `gamma` is negative.

    Example:
        ```python
        value = Focal(gamma=2.0)(np.array([0]), np.array([[0.0, 0.0]]))  # ln 2 / 4
        ```

    References:
        Lin et al. 2017, arXiv:1708.02002, equation 4 (without the alpha of their equation 5).
        Ma et al. 2020, arXiv:2006.13554 (gamma, noisy labels).
    """

    def __init__(self, gamma=0.5, detached=False, **kwargs):
        super().__init__(**kwargs)
        check_number("gamma", gamma, "0 or above", gamma >= 0)
        self.gamma = gamma
        self.detached = detached

    def per_class(self, log_probabilities):
        return focal(log_probabilities, self.gamma, self.detached)

    def get_config(self):
        """The arguments that make the same loss again."""
        return {**super().get_config(), "gamma": self.gamma, "detached": self.detached}
