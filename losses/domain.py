"""What is made small between two domains: distances of features (MMD, CORAL), class confusion."""

import keras
from keras import ops

SCALES = (0.25, 0.5, 1.0, 2.0, 4.0)


@keras.saving.register_keras_serializable("losses")
class MaximumMeanDiscrepancy(keras.losses.Loss):
    """Squared maximum mean discrepancy of two sets of features, under a sum of Gaussian kernels.

    Use it as a term of a domain adaptation loss (a deep adaptation network): it needs no second
    network to train, and says less about fine differences than an adversary.

    k(x, y) = mean over scales c of exp(-|x - y|^2 / (c s)), s the mean squared distance of all
    pairs, taken as a constant; loss = mean k(x, x') + mean k(y, y') - 2 mean k(x, y) (all pairs,
    so it is never negative). 0 for equal sets.

    Args:
        scales: floats > 0; widths of the kernels, in units of the mean squared distance.

    Call arguments:
        y_true: float `(n, features)`; features of the source.
        y_pred: float `(m, features)`; features of the target.

    Raises:
        ValueError: no scales, or one that is not above 0.

    Example:
        ```python
        MaximumMeanDiscrepancy()(np.zeros((4, 2)), np.ones((4, 2)))
        ```

    References:
        Gretton et al. 2012, JMLR 13, eq. 5; Long et al. 2015, arXiv:1502.02791 (sum of kernels).
    """

    def __init__(self, scales=SCALES, **kwargs):
        super().__init__(**kwargs)
        if not scales or min(scales) <= 0:
            raise ValueError(f"`scales` must hold numbers above 0. Received: scales={scales}")
        self.scales = tuple(float(scale) for scale in scales)

    def call(self, y_true, y_pred):
        """The loss, a scalar."""
        source, target = ops.cast(y_true, "float32"), ops.cast(y_pred, "float32")
        both = ops.concatenate([source, target])
        squares = ops.sum(ops.square(both), axis=1)
        distances = squares[:, None] + squares[None] - 2.0 * ops.matmul(both, ops.transpose(both))
        distances = ops.maximum(distances, 0.0)
        width = ops.stop_gradient(ops.mean(distances)) + 1e-12
        kernel = sum(ops.exp(-distances / (scale * width)) for scale in self.scales)
        kernel = kernel / len(self.scales)
        count = ops.shape(source)[0]
        return (
            ops.mean(kernel[:count, :count])
            + ops.mean(kernel[count:, count:])
            - 2.0 * ops.mean(kernel[:count, count:])
        )

    def get_config(self):
        """The arguments that make the same loss again."""
        return {**super().get_config(), "scales": list(self.scales)}


@keras.saving.register_keras_serializable("losses")
class CorrelationAlignment(keras.losses.Loss):
    """Squared distance of the covariances of two sets of features (deep CORAL).

    Use it where the domains differ in contrast or in how features go together; it does not see a
    shift of the mean.

    loss = |C_source - C_target|_F^2 / (4 d^2), C the covariances (divided by n - 1), d features.

    Call arguments:
        y_true: float `(n, features)`; features of the source, n at least 2.
        y_pred: float `(m, features)`; features of the target, m at least 2.

    Example:
        ```python
        CorrelationAlignment()(np.eye(2), 2 * np.eye(2))
        ```

    References:
        Sun, Saenko 2016, arXiv:1607.01719, eq. 1 to 3.
    """

    def call(self, y_true, y_pred):
        """The loss, a scalar."""
        difference = _covariance(y_true) - _covariance(y_pred)
        return ops.sum(ops.square(difference)) / (4.0 * float(difference.shape[-1]) ** 2)


@keras.saving.register_keras_serializable("losses")
class ClassConfusion(keras.losses.Loss):
    """How much a classifier confuses classes on unlabelled images (minimum class confusion).

    Use it on the logits of the target domain alone: it needs neither labels nor the source.

    With p = softmax(logits / temperature) and weights w_i, proportional to 1 + exp(-entropy_i) and
    of mean 1: C = p^T diag(w) p, its rows divided by their sums; loss = sum of C off the diagonal,
    divided by the number of classes. 0: every image is surely of one class.

    Args:
        temperature: float > 0.

    Call arguments:
        y_true: not used; Keras asks for it.
        y_pred: float `(n, classes)`, logits.

    Raises:
        ValueError: a temperature that is not above 0.

    Example:
        ```python
        logits = 9 * np.eye(3)
        ClassConfusion()(logits, logits)  # close to 0
        ```

    References:
        Jin et al. 2019, arXiv:1912.03699, eq. 2 to 6.
    """

    def __init__(self, temperature=2.5, **kwargs):
        super().__init__(**kwargs)
        if temperature <= 0:
            raise ValueError(f"`temperature` must be above 0. Received: temperature={temperature}")
        self.temperature = float(temperature)

    def call(self, y_true, y_pred):
        """The loss, a scalar."""
        logits = ops.cast(y_pred, "float32") / self.temperature
        logs = ops.log_softmax(logits, axis=-1)
        chances = ops.exp(logs)
        entropy = -ops.sum(chances * logs, axis=-1, keepdims=True)
        weights = ops.stop_gradient(1.0 + ops.exp(-entropy))
        weights = weights / ops.mean(weights)
        confusion = ops.matmul(ops.transpose(chances * weights), chances)
        confusion = confusion / (ops.sum(confusion, axis=1, keepdims=True) + 1e-12)
        classes = float(chances.shape[-1])
        return (ops.sum(confusion) - ops.trace(confusion)) / classes

    def get_config(self):
        """The arguments that make the same loss again."""
        return {**super().get_config(), "temperature": self.temperature}


def _covariance(features):
    """(features, features), divided by n - 1."""
    features = ops.cast(features, "float32")
    centred = features - ops.mean(features, axis=0, keepdims=True)
    count = ops.cast(ops.shape(features)[0], "float32")
    return ops.matmul(ops.transpose(centred), centred) / (count - 1.0)
