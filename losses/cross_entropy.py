"""Cross entropy, the loss that the robust ones are measured against."""

import keras

from losses.classification import ClassificationLoss


@keras.saving.register_keras_serializable("losses")
class CrossEntropy(ClassificationLoss):
    """Minus the log-probability of the label.

    Use it as the baseline, or as the active part of `ActivePassive`. It is not robust: it grows
    without bound, so a wrong label pulls hardest where the network is surest of the right one.

    L(p, k) = -ln p_k, nats; range [0, infinity). The same as Keras's own cross entropies with
    `from_logits=True`, but one class takes class numbers and targets alike.

    Args:
        **kwargs: `name`, `reduction`, `dtype` of `ClassificationLoss`.

    Example:
        ```python
        value = CrossEntropy()(np.array([0]), np.array([[0.0, 0.0]]))  # ln 2
        ```

    References:
        Bishop 2006, "Pattern Recognition and Machine Learning", equation 4.108.
    """

    def per_class(self, log_probabilities):
        return -log_probabilities
