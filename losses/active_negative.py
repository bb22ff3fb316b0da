"""A normalised loss and its negative, in place of the passive mean absolute error."""

import math

import keras
from keras import ops

from losses.active_passive import revived
from losses.classification import ClassificationLoss, check_number, check_weights
from losses.cross_entropy import CrossEntropy
from losses.focal import Focal
from losses.normalized import normalized


@keras.saving.register_keras_serializable("losses")
class ActiveNegative(ClassificationLoss):
    """alpha times a normalised loss plus beta times its normalised negative (ANL).

    Use it like `ActivePassive`. Its passive part learns most from samples that are already fitted
    well, so it converges faster than with mean absolute error.

    L(p, k) = alpha N_k / sum_j N_j + beta (1 - (A - C_k) / sum_j (A - C_j)), where N is `base` on
    p, C is `base` on max(p, least) and A = `base` on p_k = least, its largest value. Both parts
    lie in [0, 1]; the sum over k is alpha + beta (classes - 1) (symmetric).
    `base` CrossEntropy is the paper's ANL-CE, `base` Focal(0.5) its ANL-FL.

    The paper adds delta times the L1 norm of all the model's parameters in place of weight decay;
    a loss does not see them. Give it to the layers, biases included, as in the example (delta 5e-5
    for CIFAR-10); Keras adds it to the loss and reports the sum.

    Args:
        base: the loss that is normalised here, `CrossEntropy` or `Focal`; None for
            `CrossEntropy()`. The paper defines it for these. Others may exceed A, such as those
            that are normalised already: then nothing bounds the negative part.
        alpha: float >= 0; weight of the normalised loss. 5 for CIFAR-10 (default).
        beta: float >= 0; weight of the normalised negative loss. 5 for CIFAR-10 (default).
        least: float in (0, 0.5); probabilities below it count as it. 1e-7 as in the paper's code.
        **kwargs: `name`, `reduction`, `dtype` of `ClassificationLoss`; those of `base` are not
            used.

    Raises:
        ValueError: a number out of range, or another `base`.

    Example:
        ```python
        l1 = keras.regularizers.L1(5e-5)
        head = keras.layers.Dense(10, kernel_regularizer=l1, bias_regularizer=l1)
        model = keras.Sequential([head])
        model.compile(loss=ActiveNegative(alpha=5, beta=5))
        ```

    References:
        Ye et al. 2023, "Active Negative Loss Functions for Learning with Noisy Labels", NeurIPS;
        longer: Ye et al., arXiv:2412.02373v2.
    """

    def __init__(self, base=None, alpha=5.0, beta=5.0, least=1e-7, **kwargs):
        super().__init__(**kwargs)
        base = CrossEntropy() if base is None else base
        if not isinstance(base, (CrossEntropy, Focal)):
            raise ValueError(
                "`base` must be losses.CrossEntropy() or losses.Focal(), as in the paper; each is "
                f"normalised here. Received: base={base!r}"
            )
        check_weights(alpha, beta)
        check_number("least", least, "in (0, 0.5)", 0 < least < 0.5)
        self.base = base
        self.alpha = alpha
        self.beta = beta
        self.least = least

    def per_class(self, log_probabilities):
        active = normalized(self.base.per_class(log_probabilities))
        floor = ops.full_like(log_probabilities, math.log(self.least))
        clipped = self.base.per_class(ops.maximum(log_probabilities, floor))
        negative = 1.0 - normalized(self.base.per_class(floor) - clipped)
        return self.alpha * active + self.beta * negative

    def get_config(self):
        """The arguments that make the same loss again."""
        return {
            **super().get_config(),
            "base": keras.saving.serialize_keras_object(self.base),
            "alpha": self.alpha,
            "beta": self.beta,
            "least": self.least,
        }

    @classmethod
    def from_config(cls, config):
        """The loss with these arguments."""
        return cls(**{**config, "base": revived(config["base"])})
