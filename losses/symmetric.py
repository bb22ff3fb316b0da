"""Cross entropy and its reverse together."""

import keras

from losses.classification import ClassificationLoss, check_number, check_weights
from losses.passive import LOG_ZERO, missing


@keras.saving.register_keras_serializable("losses")
class SymmetricCrossEntropy(ClassificationLoss):
    """A little cross entropy to learn fast, reverse cross entropy to forget wrong labels (SCE).

    Use it as a first remedy for noisy labels, with one weight to choose. Despite its name it is
    not symmetric in the sense of the noise theory, since cross entropy is not; smaller `alpha`
    is more robust.

    L(p, k) = -alpha ln p_k - beta log_zero (1 - p_k); range [0, infinity).
    beta 0: alpha times cross entropy; alpha 0: beta times `ReverseCrossEntropy`.

    Args:
        alpha: float >= 0; weight of cross entropy. 0.1 for CIFAR-10 (default), 6 for CIFAR-100,
            0.01 for MNIST.
        beta: float >= 0; weight of reverse cross entropy. 1 for CIFAR-10 and MNIST (default), 0.1
            for CIFAR-100.
        log_zero: float < 0; what stands for ln 0, the A of the paper. ln 1e-4 = -9.21 is what the
            authors' code uses.
        **kwargs: `name`, `reduction`, `dtype` of `ClassificationLoss`.

    Raises:
        ValueError: a weight is negative, both are 0, or `log_zero` is not below 0.

    Example:
        ```python
        value = SymmetricCrossEntropy()(np.array([0]), np.zeros((1, 4)))  # 0.1 ln 4 + 6.91
        ```

    References:
        Wang et al. 2019, arXiv:1908.06112 (the loss). Weights as in the code of Ma et al. 2020,
        arXiv:2006.13554.
    """

    def __init__(self, alpha=0.1, beta=1.0, log_zero=LOG_ZERO, **kwargs):
        super().__init__(**kwargs)
        check_weights(alpha, beta)
        check_number("log_zero", log_zero, "below 0, such as ln 1e-4 or -4", log_zero < 0)
        self.alpha = alpha
        self.beta = beta
        self.log_zero = log_zero

    def per_class(self, log_probabilities):
        reverse = -self.log_zero * missing(log_probabilities)
        return self.beta * reverse - self.alpha * log_probabilities

    def get_config(self):
        """The arguments that make the same loss again."""
        return {
            **super().get_config(),
            "alpha": self.alpha,
            "beta": self.beta,
            "log_zero": self.log_zero,
        }
