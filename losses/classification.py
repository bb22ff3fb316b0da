"""What all classification losses share: labels of any form, logits, float32, one formula."""

import keras
import numpy as np
from keras import ops

from losses.targets import as_targets, check_values


@keras.saving.register_keras_serializable("losses")
class ClassificationLoss(keras.losses.Loss):
    """Base of the classification losses: a subclass writes what each label would cost.

    Use it to write a loss of your own; `per_class` is all a subclass needs. Labels, weights,
    reductions, mixed precision and checks are the same for every loss built on it.

    loss = sum over k of target_k * L(p, k), p = softmax(logits), L(p, k) the loss if the label were
    class k. A soft target is a distribution over labels and costs the mean over it, as in MixUp.

    Logits of any float type are computed in float32 (float64 where `dtype` or Keras's float type
    says so, on TensorFlow); values and gradients are finite at least for logits in [-200, 200].

    Args:
        name: name of the loss, or None for one of the class's name.
        reduction: how samples are summed up, as in `keras.losses.Loss`. "sum_over_batch_size" is
            the default: sum of weight * loss, divided by the number of samples, not of weights.
        dtype: float type of the computation, "float32" or "float64"; None for float32, or
            float64 if that is Keras's float type.

    Call arguments:
        y_true: class numbers `(batch, ...)` or `(batch, ..., 1)`, 0 to classes - 1; or targets
            `(batch, ..., classes)`, rows of sum 1, one-hot or soft. In compiled code a label that
            is no class gives nan.
        y_pred: logits `(batch, ..., classes)`, at least two classes. Probabilities are wrong here
            and are refused where they can be told: two rows or more of float32 outside compiled
            code; in `fit` on TensorFlow, the softmax or sigmoid of a Keras layer.
        sample_weight: None, or `(batch,)`.

    Output shape: a scalar, or `(batch, ...)` for the reduction None.

    Raises:
        ValueError: wrong shapes or `dtype`; probabilities in place of logits; for NumPy labels
            also values that are no class.

    Example:
        ```python
        class Brier(ClassificationLoss):
            def per_class(self, log_probabilities):
                p = keras.ops.exp(log_probabilities)
                return 1.0 - 2.0 * p + keras.ops.sum(p * p, axis=-1, keepdims=True)


        value = Brier()(np.array([2]), np.array([[0.0, 0.0, 5.0]]))
        ```
    """

    def __init__(self, name=None, reduction="sum_over_batch_size", dtype=None):
        if dtype is None:
            dtype = "float64" if keras.config.floatx() == "float64" else "float32"
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        if self.dtype not in ("float32", "float64"):
            raise ValueError(
                'Expected `dtype` "float32" or "float64": losses are not computed in half '
                f"precision, also of float16 logits. Received: dtype={dtype}"
            )

    def __call__(self, y_true, y_pred, sample_weight=None):
        # Keras would take a list for a structure of tensors.
        y_true, y_pred = (
            np.asarray(each) if isinstance(each, (list, tuple)) else each
            for each in (y_true, y_pred)
        )
        check_values(y_true, y_pred, sample_weight)
        return super().__call__(y_true, y_pred, sample_weight)

    def call(self, y_true, y_pred):
        """The loss of each sample, `(batch, ...)`; arguments are described at the class."""
        targets = as_targets(y_true, y_pred)
        return ops.sum(targets * self.per_class(ops.log_softmax(y_pred, axis=-1)), axis=-1)

    def per_class(self, log_probabilities):
        """What the sample would cost if its label were class k, for all k.

        Args:
            log_probabilities: float `(batch, ..., classes)`, the log-softmax of the logits.

        Returns:
            Float of the same shape, with finite gradients also where a probability is 0 or 1.
        """
        raise NotImplementedError("A classification loss defines `per_class(log_probabilities)`.")

    def get_config(self):
        """The arguments that make the same loss again."""
        return {**super().get_config(), "dtype": self.dtype}


def check_number(name, value, allowed, condition):
    """Refuses a hyper-parameter out of range.

    Args:
        name: name of the argument.
        value: what was received.
        allowed: the range in words.
        condition: whether the value is in it.

    Raises:
        ValueError: `condition` is false.

    Example:
        ```python
        check_number("q", 0.7, "in (0, 1]", True)
        ```
    """
    if not condition:
        raise ValueError(f"`{name}` must be {allowed}. Received: {name}={value}")


def check_weights(alpha, beta):
    """Refuses weights of two parts that are negative, or both 0.

    Args:
        alpha: weight of the first part.
        beta: weight of the second part.

    Raises:
        ValueError: one is out of range.

    Example:
        ```python
        check_weights(1.0, 0.0)
        ```
    """
    check_number("alpha", alpha, "0 or above", alpha >= 0)
    check_number("beta", beta, "0 or above, and not 0 with alpha", beta >= 0 and alpha + beta > 0)
