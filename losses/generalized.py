"""One family from cross entropy to mean absolute error."""

import keras
from keras import ops

from losses.classification import ClassificationLoss, check_number


@keras.saving.register_keras_serializable("losses")
class GeneralizedCrossEntropy(ClassificationLoss):
    """Between cross entropy, which learns, and mean absolute error, which is robust (GCE).

    Use it when one number should choose between the two.

    L(p, k) = (1 - p_k^q) / q; range [0, 1 / q]. q = 1: 1 - p_k; q -> 0: -ln p_k.
    Computed as -expm1(q ln p_k) / q: no p is clipped and no gradient is infinite.
    (`keras.losses.CategoricalGeneralizedCrossEntropy` takes probabilities, refuses q = 1, and has
    a gradient of nan where a probability is 0.)

    Args:
        q: float in (0, 1], no unit; robustness. 0.7 is the paper's choice (default).
        **kwargs: `name`, `reduction`, `dtype` of `ClassificationLoss`.

    Raises:
        ValueError: `q` out of range.

    Example:
        ```python
        value = GeneralizedCrossEntropy(q=0.5)(np.array([0]), np.zeros((1, 4)))  # 1
        ```

    References:
        Zhang and Sabuncu 2018, arXiv:1805.07836, equation 6 (without their truncation).
    """

    def __init__(self, q=0.7, **kwargs):
        super().__init__(**kwargs)
        check_number("q", q, "in (0, 1]; for q = 0 use CrossEntropy", 0 < q <= 1)
        self.q = q

    def per_class(self, log_probabilities):
        return -ops.expm1(self.q * log_probabilities) / self.q

    def get_config(self):
        """The arguments that make the same loss again."""
        return {**super().get_config(), "q": self.q}
