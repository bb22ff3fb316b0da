"""Guidance: a denoiser made of another, more faithful to its condition."""

from keras import ops

from app.diffusion.targets import Estimate, align


def classifier_free(denoiser, condition_kind, guidance, schedule=None, interval=None):
    """Returns a denoiser that follows its condition more closely: classifier-free guidance.

    Use it with a network trained with dropped conditions. Fidelity to the condition rises with
    `guidance`, diversity falls. Both predictions come from one forward pass on a batch of twice
    the size, conditional first.

    Formula (Ho's convention, used in the whole project):
    `noise = (1 + w) * conditional - w * unconditional`, w = `guidance`; w = 0 is off, w = -1 is
    unconditional. Papers that write `u + s (c - u)` mean s = 1 + w. The clean estimate is the same
    combination of the two clean estimates, which is exactly the one that belongs to this noise.
    With an `interval` (low, high), w is `guidance` where low < sigma <= high and 0 elsewhere,
    sigma = noise_rate / signal_rate: the noise level for images of full signal, in the units of
    the pixels. Steps where no image is inside cost one evaluation of the network, not two.

    Args:
        denoiser: function `(noisy, time, condition) -> Estimate`.
        condition_kind: `ClassCondition` or `AttributeCondition`, for its null.
        guidance: float, or tensor, scalar or (batch,). Python 0 returns `denoiser` itself.
        schedule: `Schedule` of the denoiser; read with an interval only.
        interval: pair (low, high) of noise levels sigma, 0 <= low < high, or None: everywhere.

    Returns:
        A function `(noisy, time, condition) -> Estimate`.

    Raises:
        ValueError: called without a condition; interval not a rising pair from 0 on.

    Example:
        ```python
        guided = classifier_free(denoise, ClassCondition(10), 3.0)
        clean, noise = guided(noisy, time, labels)
        ```

    Source: Ho & Salimans 2022, arXiv:2207.12598v1, eq. 6; interval Kynkäänniemi et al. 2024,
    arXiv:2404.07724 (its weight is 1 + w, its sigma that of data with standard deviation 0.5).
    """
    if interval is not None and (len(interval) != 2 or not 0 <= interval[0] < interval[1]):
        raise ValueError(
            "The guidance interval must be a pair (low, high) of noise levels, 0 <= low < high, or "
            f"None. Received: {interval!r}."
        )
    if isinstance(guidance, (int, float)) and guidance == 0:
        return denoiser

    def guided(noisy, time, condition=None):
        null = condition_kind.null(ops.shape(noisy)[0])
        if condition is None or null is None:
            raise ValueError(
                "Classifier-free guidance needs a condition (labels or attributes) and a model "
                "that knows a null for it. Received none. Pass labels, or set guidance to 0."
            )
        weight = ops.cast(guidance, "float32")
        if interval is None:
            return combined(noisy, time, condition, null, weight)
        inside = within(schedule, time, interval)
        return ops.cond(
            ops.any(inside),
            lambda: combined(noisy, time, condition, null, ops.where(inside, weight, 0.0)),
            lambda: denoiser(noisy, time, condition),
        )

    def combined(noisy, time, condition, null, weight):
        weight = align(weight, noisy)
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


def within(schedule, time, interval):
    """Returns whether low < noise_rate / signal_rate <= high at each time; no signal: sigma inf."""
    signal_rate, noise_rate = schedule.signal_rate(time), schedule.noise_rate(time)
    low, high = interval
    return (noise_rate > low * signal_rate) & (noise_rate <= high * signal_rate)
