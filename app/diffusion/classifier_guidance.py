"""Guidance by a second network: the gradient of a log-likelihood steers a denoiser.

A guided denoiser has the score of p(noisy) p(y | noisy)^scale, up to its normalisation. What y is,
a class, a set of attributes or a text, is the business of the log-likelihood alone.
"""

from keras import ops

from app.diffusion.gradient import gradient
from app.diffusion.targets import Estimate, align


def classifier_guided(denoiser, log_likelihood, scale, schedule):
    """Returns a denoiser steered towards what a classifier of noisy images is to see.

    Use it with a classifier trained on images noised by the same schedule; the denoiser may be
    unconditional. Fidelity rises with `scale`, diversity falls. One step costs an evaluation of the
    denoiser, and one of the classifier with its gradient.

    Formula: `noise <- noise - noise_rate * scale * g`, `g = d log p(y | noisy, time) / d noisy`,
    and `clean <- clean + noise_rate^2 / signal_rate * scale * g`, so that the two still make up the
    noisy image. Where no signal is left, noisy images say nothing of y and nothing changes.

    Args:
        denoiser: function `(noisy, time, condition) -> Estimate`.
        log_likelihood: function `(noisy, time) -> (batch,)`, nats: log p(y | noisy, time).
        scale: float or scalar tensor; 1 draws from p(clean | y) if both networks are exact, 0 is
            off.
        schedule: the `Schedule` of both networks.

    Returns:
        A function `(noisy, time, condition) -> Estimate`.

    Example:
        ```python
        def likelihood(noisy, time):
            return classifier.log_likelihood(noisy, time, labels)

        guided = classifier_guided(denoise, likelihood, 2.0, schedule)
        ```

    Source: Dhariwal & Nichol 2021, arXiv:2105.05233v4, section 4.2, eq. 14.
    """

    def guided(noisy, time, condition=None):
        slope = gradient(lambda images: log_likelihood(images, time), noisy)
        return shifted(denoiser(noisy, time, condition), slope, scale, schedule, time)

    return guided


def estimate_guided(denoiser, log_likelihood, scale, schedule):
    """Returns a denoiser steered by a judge of clean images, through its own clean estimate.

    Use it where no network knows noisy images, such as CLIP. The gradient goes through the
    denoiser: a step costs about three evaluations of it, and one of the judge with its gradient.

    Formula: as `classifier_guided` with `g = d log_likelihood(clean(noisy, time)) / d noisy`.

    Args:
        denoiser: function `(noisy, time, condition) -> Estimate`.
        log_likelihood: function `clean -> (batch,)`.
        scale: float or scalar tensor; 0 is off.
        schedule: the `Schedule` of the denoiser.

    Returns:
        A function `(noisy, time, condition) -> Estimate`.

    Example:
        ```python
        guided = estimate_guided(denoise, lambda clean: similarity(clean, text), 100.0, schedule)
        ```

    Source: Bansal et al. 2023, arXiv:2302.07121v1, eq. 6 (their s(t) is scale * noise_rate).
    """

    def guided(noisy, time, condition=None):
        def judged(images):
            estimate = denoiser(images, time, condition)
            return log_likelihood(estimate.clean), tuple(estimate)

        slope, estimate = gradient(judged, noisy, auxiliary=True)
        return shifted(Estimate(*estimate), slope, scale, schedule, time)

    return guided


def shifted(estimate, slope, scale, schedule, time):
    """Returns the estimate whose score is larger by `scale * slope`."""
    signal = align(schedule.signal_rate(time), slope)
    rate = align(schedule.noise_rate(time), slope)
    some = signal > 0.0
    step = ops.where(some, rate * ops.cast(scale, "float32") * slope, 0.0)
    return Estimate(
        estimate.clean + rate / ops.where(some, signal, 1.0) * step, estimate.noise - step
    )
