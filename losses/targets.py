"""What a loss is compared with: labels of any form as one distribution a sample, checked."""

import numpy as np
from keras import ops

# What the sum of a softmax in float32 differs from 1 by, at most.
ROUNDING = 2e-6


def as_targets(labels, logits):
    """Labels as probabilities `(batch, ..., classes)`, whatever form they came in.

    Class numbers become one-hot rows. A number that is no class (negative, too large, 2.5, nan)
    becomes a row of nan, since compiled code cannot raise: the loss is then nan, never silently 0.
    Targets that have the shape of the logits are taken as they are.

    Args:
        labels: float tensor of class numbers `(batch, ...)` or `(batch, ..., 1)`, or of targets
            `(batch, ..., classes)` whose rows sum to 1.
        logits: float tensor `(batch, ..., classes)`.

    Returns:
        Tensor of the dtype of `logits`.

    Raises:
        ValueError: the shapes do not fit, told with both.

    Example:
        ```python
        as_targets(ops.convert_to_tensor([1.0]), ops.zeros((1, 3)))  # [[0, 1, 0]]
        ```
    """
    given, expected = tuple(labels.shape), tuple(logits.shape)
    classes = expected[-1] if len(expected) > 1 else None
    if classes is None or classes < 2:
        raise ValueError(
            "Expected logits of shape (batch, ..., classes) with at least 2 classes; a yes-or-no "
            f"question needs two logits. Received shape: {expected}"
        )
    if len(given) == len(expected) and given[-1] == 1:
        labels, given = ops.squeeze(labels, axis=-1), given[:-1]
    if not (_fits(given, expected) or _fits(given, expected[:-1])):
        raise ValueError(
            f"Expected labels of shape {expected[:-1]}, class numbers, or {expected}, one-hot or "
            f"soft targets, to go with logits of shape {expected}. Received shape: {given}"
        )
    if len(given) == len(expected):
        return labels
    numbers = ops.arange(classes, dtype=logits.dtype)
    found = ops.equal(ops.expand_dims(labels, -1), numbers)
    known = ops.any(found, axis=-1, keepdims=True)
    return ops.where(known, ops.cast(found, logits.dtype), float("nan"))


def check_values(labels, logits, sample_weight):
    """Refuses what can be seen to be wrong before anything is compiled.

    Values of labels are looked at in NumPy arrays, those of logits also in tensors, unless they are
    traced and stand for values that are not there yet (all of `fit`).

    Args:
        labels: as the loss received them.
        logits: as the loss received them.
        sample_weight: None, or weights as the loss received them.

    Raises:
        ValueError: probabilities in place of logits, as far as Keras left a mark on them
            (TensorFlow only) or their values can be nothing else; labels out of range or no whole
            numbers; targets that are no distribution; a number of weights other than that of the
            samples.

    Example:
        ```python
        check_values(np.array([3]), np.zeros((1, 10)), None)
        ```
    """
    if getattr(logits, "_keras_logits", None) is not None:
        raise ValueError(
            "Expected logits. Received the output of a softmax or sigmoid: take the activation "
            'off the last layer, or put `keras.layers.Activation("linear")` in its place.'
        )
    if _are_probabilities(logits):
        raise ValueError(
            "Expected logits. Received probabilities: none is negative, and each row has the sum "
            "1. Take the softmax off the last layer, or pass the logarithm of the probabilities."
        )
    shape = tuple(np.shape(logits))
    weights = () if sample_weight is None else tuple(np.shape(sample_weight))
    if weights and shape and weights[0] not in (1, None) and not _fits(weights[:1], shape[:1]):
        raise ValueError(
            f"Expected one weight for each of the {shape[0]} samples. "
            f"Received weights of shape: {weights}"
        )
    if len(shape) > 1 and isinstance(labels, np.ndarray):
        _check_labels(labels.astype("float64"), shape)


def _are_probabilities(logits):
    """Whether values that are there can only be those of a softmax.

    One row of logits may be a distribution by hand, [1, 0] or [0.5, 0.5]; by chance it is one for
    two classes once in ten million. So two rows that differ and hold more than 0 and 1 must be.
    Half precision has too few digits to tell.
    """
    try:
        values = np.asarray(logits)
    except (RuntimeError, TypeError, ValueError):  # TensorFlow's, JAX's and Keras's traced values
        return False
    if values.ndim < 2 or not values.size or values.dtype not in ("float32", "float64"):
        return False
    if values.min() < 0 or np.any(abs(values.sum(axis=-1) - 1) > ROUNDING):
        return False
    rows = values.reshape(-1, values.shape[-1])
    between = rows[np.any((rows > 0) & (rows < 1), axis=-1)]
    return len(between) > 1 and np.ptp(between, axis=0).max() > ROUNDING


def _check_labels(labels, shape):
    """Class numbers in range, or rows that are distributions."""
    if labels.ndim == len(shape) and labels.shape[-1] == shape[-1]:
        if np.any(labels < 0) or not np.allclose(labels.sum(axis=-1), 1.0, atol=1e-3):
            raise ValueError(
                "Expected targets that are probabilities: not negative, each row of sum 1. "
                f"Received values from {labels.min():g} to {labels.max():g}, with sums from "
                f"{labels.sum(axis=-1).min():g} to {labels.sum(axis=-1).max():g}"
            )
        return
    wrong = ~((labels >= 0) & (labels < shape[-1]) & (labels == np.floor(labels)))
    if np.any(wrong):
        raise ValueError(
            f"Expected labels that are whole numbers from 0 to {shape[-1] - 1}, one a class of "
            f"the logits. Received: {labels[wrong].flat[0]:g}"
        )


def _fits(given, expected):
    """Whether two shapes agree, None standing for any size."""
    return len(given) == len(expected) and all(
        None in pair or pair[0] == pair[1] for pair in zip(given, expected, strict=True)
    )
