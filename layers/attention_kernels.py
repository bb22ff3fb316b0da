"""Three ways to compute the same attention: they differ in memory and time, not in the result."""

import keras
from keras import ops

from layers.memory_efficient_attention import memory_efficient_attention

KERNELS = ("standard", "memory_efficient", "flash")


def check_kernel(kernel):
    """Raises ValueError unless there is a kernel of that name."""
    if kernel not in KERNELS:
        raise ValueError(f"`kernel` must be one of {KERNELS}. Received: kernel={kernel!r}")


def attend(query, key, value, kernel="standard"):
    """Lets every query read the values, by how well their keys fit.

    Formula:
        output = softmax(q k^T / sqrt(size)) v, softmax over the keys in float32

    Args:
        query: float, shape `(batch, queries, size)` or `(batch, heads, queries, size)`.
        key: float, shape `(batch, ..., keys, size)`.
        value: float, shape `(batch, ..., keys, size)`.
        kernel: "standard" holds all the scores, queries x keys; fastest where they are few.
            "memory_efficient" holds one tile of them at a time, see
            `layers.memory_efficient_attention`. "flash" is the backend's fused kernel, on devices
            that have one (JAX on a recent NVIDIA GPU, in half precision).

    Returns:
        Float, the shape of the query.

    Raises:
        ValueError: if `kernel` is unknown, or "flash" and the device cannot.

    Example:
        ```python
        read = attend(*np.zeros((3, 8, 6, 1024, 64), "float32"), kernel="memory_efficient")
        ```

    Source:
        Vaswani et al. 2017, arXiv:1706.03762, equation 1.
    """
    check_kernel(kernel)
    query = query * query.shape[-1] ** -0.5
    if kernel == "flash":
        return _flash(query, key, value)
    if kernel == "memory_efficient":
        shape = (-1, *query.shape[1:])
        parts = [ops.reshape(part, (-1, *part.shape[-2:])) for part in (query, key, value)]
        return ops.reshape(memory_efficient_attention(*parts), shape)
    scores = ops.matmul(query, ops.swapaxes(key, -1, -2))
    weights = ops.softmax(ops.cast(scores, "float32"), axis=-1)
    return ops.matmul(ops.cast(weights, value.dtype), value)


def _flash(query, key, value):
    """The backend's kernel, which wants `(batch, tokens, heads, size)`, or one sentence."""
    heads = len(query.shape) == 4
    parts = [
        ops.transpose(part, (0, 2, 1, 3)) if heads else part[:, :, None]
        for part in (query, key, value)
    ]
    try:
        read = ops.dot_product_attention(*parts, scale=1.0, flash_attention=True)
    except Exception as error:  # whatever the backend says it lacks
        reason = " ".join(str(error).split()).rstrip(".")
        raise ValueError(
            f"The attention kernel flash cannot run here, on {keras.backend.backend()} in "
            f"{keras.backend.standardize_dtype(query.dtype)}: {reason:.120}. Use the kernel "
            "memory_efficient or standard: weights and results are the same."
        ) from error
    return ops.transpose(read, (0, 2, 1, 3)) if heads else read[:, :, 0]
