"""Losses divided by their sum over all labels, which makes any of them robust."""

import keras
from keras import ops

from losses.classification import ClassificationLoss, check_number
from losses.focal import focal


def normalized(values):
    """Values of all classes divided by their sum.

    Args:
        values: float `(batch, ..., classes)`, not negative, never all 0.

    Example:
        ```python
        normalized(np.array([[1.0, 3.0]]))  # [[0.25, 0.75]]
        ```
    """
    return values / ops.sum(values, axis=-1, keepdims=True)


@keras.saving.register_keras_serializable("losses")
class NormalizedCrossEntropy(ClassificationLoss):
    """Cross entropy of the label, as a share of the cross entropies of all labels (NCE).

    Use it as the active part of `ActivePassive`. Alone it is robust to symmetric noise, but
    underfits: the loss also falls when another wrong class becomes less likely.

    L(p, k) = ln p_k / sum over j of ln p_j = log to the base (product of all p_j) of p_k.
    Range [0, 1]; 1 / classes at uniform p; the sum over k is 1 (symmetric).

    Args:
        **kwargs: `name`, `reduction`, `dtype` of `ClassificationLoss`.

    Example:
        ```python
        value = NormalizedCrossEntropy()(np.array([0]), np.zeros((1, 4)))  # 1/4
        ```

    References:
        Ma et al. 2020, arXiv:2006.13554, section 3.
    """

    def per_class(self, log_probabilities):
        return normalized(-log_probabilities)


@keras.saving.register_keras_serializable("losses")
class NormalizedFocal(ClassificationLoss):
    """Focal loss of the label, as a share of the focal losses of all labels (NFL).

    Use it like `NormalizedCrossEntropy`, which it is for gamma 0.

    L(p, k) = F_k / sum over j of F_j, F_k = -(1 - p_k)^gamma ln p_k.
    Range [0, 1]; 1 / classes at uniform p; the sum over k is 1 (symmetric).

    Args:
        gamma: float >= 0, no unit; focusing. 0.5 is the value of Ma et al. for every data set.
        detached: bool; True takes (1 - p_k)^gamma for a constant in the gradient, above and below
            the bar, as the code of Ma et al. does. The value of the loss is the same.
        **kwargs: `name`, `reduction`, `dtype` of `ClassificationLoss`.

    Raises:
        ValueError: `gamma` is negative.

    Example:
        ```python
        value = NormalizedFocal()(np.array([0]), np.zeros((1, 4)))  # 1/4
        ```

    References:
        Ma et al. 2020, arXiv:2006.13554, section 3.
    """

    def __init__(self, gamma=0.5, detached=False, **kwargs):
        super().__init__(**kwargs)
        check_number("gamma", gamma, "0 or above", gamma >= 0)
        self.gamma = gamma
        self.detached = detached

    def per_class(self, log_probabilities):
        return normalized(focal(log_probabilities, self.gamma, self.detached))

    def get_config(self):
        """The arguments that make the same loss again."""
        return {**super().get_config(), "gamma": self.gamma, "detached": self.detached}
