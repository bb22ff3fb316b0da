"""The log-likelihood of a condition under a classifier's logits: a class, or many attributes."""

from keras import ops

from app.diffusion.condition import AttributeCondition, ClassCondition


def log_likelihood(condition_kind, logits, condition):
    """Returns log p(condition | logits) of each image, in nats.

    Formula: a class, `log_softmax(logits)[label]`; attributes, independent of each other given the
    image, `sum_j |a_j| log sigmoid(sign(a_j) logit_j)` with a_j +1 present and -1 absent. An
    attribute of 0, and the null label, ask for nothing and count 0.

    Args:
        condition_kind: `ClassCondition` or `AttributeCondition`.
        logits: float (batch, classes or attributes).
        condition: labels int (batch,), or attributes float (batch, attributes) in [-1, 1].

    Returns:
        float32 (batch,), at most 0.

    Raises:
        ValueError: the kind of condition has no likelihood.

    Example:
        ```python
        log_likelihood(ClassCondition(2), [[0.0, 0.0]], [1])  # log(1 / 2)
        ```

    Source: Dhariwal & Nichol 2021, arXiv:2105.05233v4, section 4 (classes); attributes ours.
    """
    logits = ops.cast(logits, "float32")
    if isinstance(condition_kind, ClassCondition):
        chosen = ops.one_hot(ops.cast(condition, "int32"), condition_kind.classes, dtype="float32")
        return ops.sum(chosen * ops.log_softmax(logits, axis=-1), axis=-1)
    if isinstance(condition_kind, AttributeCondition):
        wanted = ops.cast(condition, "float32")
        each = ops.abs(wanted) * ops.log_sigmoid(ops.sign(wanted) * logits)
        return ops.sum(each, axis=-1)
    raise ValueError(
        "A likelihood is of a class or of attributes. Received: a condition of the kind "
        f"{type(condition_kind).__name__}."
    )


def width(condition_kind):
    """Returns how many logits a kind of condition needs: one a class, or one an attribute."""
    if isinstance(condition_kind, ClassCondition):
        return condition_kind.classes
    return condition_kind.attributes
