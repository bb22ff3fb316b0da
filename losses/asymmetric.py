"""Losses that follow the most frequent label: their minimum is at the class seen most often."""

import keras
from keras import ops

from losses.classification import ClassificationLoss, check_number


@keras.saving.register_keras_serializable("losses")
class AsymmetricMeanSquare(ClassificationLoss):
    """Mean square distance from a label stretched to a times one-hot (AMSE).

    Use it as the passive part of `ActivePassive`; with `NormalizedCrossEntropy` or
    `NormalizedFocal` as the active part, weights 1 and 1, it is the paper's JAL-CE or JAL-FL.

    L(p, k) = |a e_k - p|^2 / classes = (a^2 - 2 a p_k + |p|^2) / classes.
    Range [(a - 1)^2 / classes, (a^2 + 1) / classes], so the value is large and far from 0.
    a = 1: Brier score / classes. Where the labels have frequencies w (sum 1), with w_y the largest
    and w_n the next, the minimum is at p_y = 1 if and only if a >= 1 / (w_y - w_n): for symmetric
    noise of rate r, a >= 1 / (1 - r classes / (classes - 1)), 9 for r = 0.8 and ten classes.

    Args:
        a: float >= 1, no unit; robustness. The paper tries 10 to 40; 30 is the default here.
        **kwargs: `name`, `reduction`, `dtype` of `ClassificationLoss`.

    Raises:
        ValueError: `a` is below 1.

    Example:
        ```python
        loss = ActivePassive(NormalizedCrossEntropy(), AsymmetricMeanSquare(a=30))  # JAL-CE
        value = loss(np.array([0]), np.zeros((1, 4)))
        ```

    References:
        Wang et al. 2025, arXiv:2507.17692v1.
    """

    def __init__(self, a=30.0, **kwargs):
        super().__init__(**kwargs)
        check_number("a", a, "1 or above", a >= 1)
        self.a = a

    def per_class(self, log_probabilities):
        p = ops.exp(log_probabilities)
        square = ops.sum(ops.square(p), axis=-1, keepdims=True)
        return (self.a**2 - 2.0 * self.a * p + square) / p.shape[-1]

    def get_config(self):
        """The arguments that make the same loss again."""
        return {**super().get_config(), "a": self.a}


@keras.saving.register_keras_serializable("losses")
class AsymmetricGeneralizedCrossEntropy(ClassificationLoss):
    """Generalised cross entropy moved by a, which bounds its slope (AGCE).

    Use it alone, or with `NormalizedCrossEntropy` in `ActivePassive` (weights 1 and 4, a 6, q 1.5
    for CIFAR-10).

    L(p, k) = ((a + 1)^q - (a + p_k)^q) / q; range [0, ((a + 1)^q - a^q) / q].
    q = 1: 1 - p_k; a -> 0: `GeneralizedCrossEntropy`. Where the labels have frequencies w, with
    w_y the largest and w_n the next, the minimum is at p_y = 1 for any w if q >= 1, else if and
    only if w_y / w_n >= (1 + 1 / a)^(1 - q).

    Args:
        a: float > 0, no unit; bounds the slope by a^(q - 1) for q < 1. 0.6 for CIFAR-10 (default).
        q: float > 0, no unit; 0.6 for CIFAR-10 (default).
        **kwargs: `name`, `reduction`, `dtype` of `ClassificationLoss`.

    Raises:
        ValueError: `a` or `q` is not above 0.

    Example:
        ```python
        value = AsymmetricGeneralizedCrossEntropy(a=1, q=2)(np.array([0]), np.zeros((1, 2)))  # 7/8
        ```

    References:
        Zhou et al. 2021, arXiv:2106.03110.
    """

    def __init__(self, a=0.6, q=0.6, **kwargs):
        super().__init__(**kwargs)
        check_number("a", a, "above 0; for a = 0 use GeneralizedCrossEntropy", a > 0)
        check_number("q", q, "above 0", q > 0)
        self.a = a
        self.q = q

    def per_class(self, log_probabilities):
        p = ops.exp(log_probabilities)
        return ((self.a + 1.0) ** self.q - ops.power(self.a + p, self.q)) / self.q

    def get_config(self):
        """The arguments that make the same loss again."""
        return {**super().get_config(), "a": self.a, "q": self.q}
