"""Two robust losses that help each other: one learns the label, one unlearns the rest."""

import keras

from losses.classification import ClassificationLoss, check_weights


@keras.saving.register_keras_serializable("losses")
class ActivePassive(ClassificationLoss):
    """alpha times an active loss plus beta times a passive one (APL).

    Use it to train with noisy labels. The active part (cross entropy, focal and their normalised
    forms) makes the label likelier; the passive part (MAE, RCE, AMSE) also makes the other classes
    less likely. If both are symmetric, so is their sum.

    L(p, k) = alpha * active(p, k) + beta * passive(p, k).

    Weights of Ma et al. with NCE or NFL as active part: with MAE or RCE (1, 1) for CIFAR-10 and
    (1, 10) for MNIST; for CIFAR-100 (10, 1) with MAE, (10, 0.1) with RCE. Known as JAL-CE: active
    `NormalizedCrossEntropy`, passive `AsymmetricMeanSquare`, weights 1 and 1. The scale of the
    loss acts like a learning rate: (1, 1) with RCE is 10 times larger than NCE alone.

    Args:
        active: a loss of this package.
        passive: a loss of this package.
        alpha: float >= 0; weight of the active part.
        beta: float >= 0; weight of the passive part.
        **kwargs: `name`, `reduction`, `dtype` of `ClassificationLoss`; those of the two parts are
            not used.

    Raises:
        ValueError: a weight is negative, both are 0, or a part is no loss of this package.

    Example:
        ```python
        loss = ActivePassive(NormalizedCrossEntropy(), ReverseCrossEntropy(), alpha=1, beta=1)
        model = keras.Sequential([keras.layers.Dense(10)])
        model.compile(loss=loss)
        ```

    References:
        Ma et al. 2020, arXiv:2006.13554, section 4. Wang et al. 2025, arXiv:2507.17692v1 (JAL).
    """

    def __init__(self, active, passive, alpha=1.0, beta=1.0, **kwargs):
        super().__init__(**kwargs)
        for name, part in (("active", active), ("passive", passive)):
            check_part(name, part)
        check_weights(alpha, beta)
        self.active = active
        self.passive = passive
        self.alpha = alpha
        self.beta = beta

    def per_class(self, log_probabilities):
        active = self.active.per_class(log_probabilities)
        return self.alpha * active + self.beta * self.passive.per_class(log_probabilities)

    def get_config(self):
        """The arguments that make the same loss again."""
        return {
            **super().get_config(),
            "active": keras.saving.serialize_keras_object(self.active),
            "passive": keras.saving.serialize_keras_object(self.passive),
            "alpha": self.alpha,
            "beta": self.beta,
        }

    @classmethod
    def from_config(cls, config):
        """The loss with these arguments."""
        parts = ("active", "passive")
        return cls(**{**config, **{part: revived(config[part]) for part in parts}})


def check_part(name, part):
    """Refuses a part that does not know the cost of every class.

    Raises:
        ValueError: `part` is no `ClassificationLoss`.

    Example:
        ```python
        check_part("active", CrossEntropy())
        ```
    """
    if not isinstance(part, ClassificationLoss):
        raise ValueError(
            f"`{name}` must be a loss of this package, such as losses.CrossEntropy() in place of "
            f"Keras's own. Received: {name}={part!r}"
        )


def revived(part):
    """A loss from what `serialize_keras_object` made of it; a loss is passed on.

    Example:
        ```python
        revived(keras.saving.serialize_keras_object(CrossEntropy()))
        ```
    """
    if isinstance(part, ClassificationLoss):
        return part
    return keras.saving.deserialize_keras_object(part)
