"""What a network does with a condition that is left out, or that it does not know."""

from keras import ops

from app.errors import UserError


def condition_or_null(condition, count, classes, attributes):
    """Returns the condition of a batch, its null where none is given; None without a condition.

    Args:
        condition: int labels (count,), attribute vectors (count, attributes), or None.
        count: int or scalar tensor, images in the batch.
        classes: int or None; number of classes of the network, whose null is the label `classes`.
        attributes: int or None; length of its attribute vectors, whose null is zero.

    Raises:
        UserError: the network knows no condition and was given one.

    Example:
        ```python
        condition_or_null(None, 2, 10, None)  # [10, 10]
        ```
    """
    if not classes and not attributes:
        if condition is None:
            return None
        raise UserError(
            "The network was made without a condition but received one. Give it `classes` or "
            "`attributes`, or pass no condition."
        )
    if condition is not None:
        return condition
    if classes:
        return ops.full((count,), classes, "int32")
    return ops.zeros((count, attributes))
