"""Guidance: a denoiser made of another, more faithful to its condition."""

from keras import ops

from app.diffusion.targets import Estimate, align


def classifier_free(denoiser, condition_kind, guidance):
    """Returns a denoiser that follows its condition more closely: classifier-free guidance.

    Use it with a network trained with dropped conditions. Fidelity to the condition rises with
    `guidance`, diversity falls. Both predictions come from one forward pass on a batch of twice
    the size, conditional first.

    Formula (Ho's convention, used in the whole project):
    `noise = (1 + w) * conditional - w * unconditional`, w = `guidance`; w = 0 is off, w = -1 is
    unconditional. Papers that write `u + s (c - u)` mean s = 1 + w. The clean estimate is the same
    combination of the two clean estimates, which is exactly the one that belongs to this noise.

    Args:
        denoiser: function `(noisy, time, condition) -> Estimate`.
        condition_kind: `ClassCondition` or `AttributeCondition`, for its null.
        guidance: float, or tensor, scalar or (batch,). Python 0 returns `denoiser` itself.

    Returns:
        A function `(noisy, time, condition) -> Estimate`.

    Raises:
        ValueError: called without a condition.

    Example:
        ```python
        guided = classifier_free(denoise, ClassCondition(10), 3.0)
        clean, noise = guided(noisy, time, labels)
        ```

    Source: Ho & Salimans 2022, arXiv:2207.12598v1, eq. 6.
    """
    if isinstance(guidance, (int, float)) and guidance == 0:
        return denoiser

    def guided(noisy, time, condition=None):
        null = condition_kind.null(ops.shape(noisy)[0])
        if condition is None or null is None:
            raise ValueError(
                "Classifier-free guidance needs a condition (labels or attributes) and a model "
                "that knows a null for it. Received none. Pass labels, or set guidance to 0."
            )
        weight = align(ops.cast(guidance, "float32"), noisy)
        both = denoiser(
            ops.concatenate([noisy, noisy]),
            ops.concatenate([time, time]),
            ops.concatenate([ops.cast(condition, null.dtype), null]),
        )
        parts = [ops.split(value, 2) for value in both]
        return Estimate(
            *((1.0 + weight) * conditional - weight * plain for conditional, plain in parts)
        )

    return guided
