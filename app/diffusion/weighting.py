"""Weights of the training loss over noise levels, as functions of the log-SNR.

A weight multiplies the squared error of one image; it depends on what the network predicts, since
the same error of the clean image is a different error of the noise:
`|clean error|^2 = |noise error|^2 / SNR = |velocity error|^2 / (SNR + 1)`, and of a flow
`|flow error|^2 / (sqrt(SNR) + 1)^2`.
"""

import math

from keras import ops

MIN_SNR_GAMMA = 5.0


def none(log_snr, target):
    """Returns 1 for every image: DDPM's simple loss when the target is the noise.

    Args:
        log_snr: float (batch,), nats.
        target: name of the target ("noise", "clean", ...). EDM's weight is in its target.
    """
    return ops.ones_like(log_snr)


def min_snr(log_snr, target, gamma=MIN_SNR_GAMMA):
    """Returns the Min-SNR weight: of the clean image's error, min(SNR, gamma).

    Use it to learn faster: without it the almost clean images, where little is to be learnt, or
    the almost pure noise take most of the gradient. Computed from the logarithm, so finite at
    both ends of any schedule.

    Formula: clean `min(SNR, gamma)`; noise and score `min(SNR, gamma) / SNR`; velocity
    `min(SNR, gamma) / (SNR + 1)`; flow `min(SNR, gamma) / (sqrt(SNR) + 1)^2`.

    Args:
        log_snr: float (batch,), nats.
        target: "noise", "score", "clean", "velocity" or "flow".
        gamma: float > 0; SNR from which an image counts no more. 5 is the paper's choice.

    Returns:
        float (batch,), the weight of each image.

    Raises:
        ValueError: an unknown target.

    Example:
        ```python
        min_snr(ops.convert_to_tensor([0.0]), "velocity")  # SNR 1: 1 / 2
        ```

    Source: Hang et al. 2023, arXiv:2303.09556v3, section 3.4.
    """
    log_snr = ops.convert_to_tensor(log_snr)
    capped = ops.minimum(log_snr, math.log(gamma))
    if target == "clean":
        return ops.exp(capped)
    if target in ("noise", "score"):
        return ops.exp(capped - log_snr)
    if target == "velocity":
        return ops.exp(capped - ops.softplus(log_snr))
    if target == "flow":
        return ops.exp(capped - 2.0 * ops.softplus(0.5 * log_snr))
    raise ValueError(
        "Min-SNR knows the targets 'noise', 'score', 'clean', 'velocity', 'flow'. "
        f"Received: {target!r}. EDM's target has a weight of its own: take weighting 'none'."
    )


WEIGHTINGS = {"none": none, "min_snr": min_snr}
