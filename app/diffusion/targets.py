"""What the network is asked for: the noise, the clean image, or the velocity between them.

A target owns the whole parameterisation: what goes into the network, what it is compared with,
and how its output is read back as an `Estimate` of clean image and noise. From
`noisy = signal_rate * clean + noise_rate * noise` any one of the three gives the others.
"""

from typing import NamedTuple

import keras
from keras import ops

from app.diffusion.configured import Configured


class Estimate(NamedTuple):
    """What a denoiser says of a noisy image: the clean image and the unit noise in it.

    Both (batch, height, width, channels), with `signal_rate * clean + noise_rate * noise = noisy`.
    """

    clean: object
    noise: object


def align(rate, images):
    """Returns `rate` shaped to multiply `images`: (batch,) becomes (batch, 1, ..., 1)."""
    rate = ops.convert_to_tensor(rate)
    if len(rate.shape) != 1:
        return rate
    return ops.reshape(rate, (-1,) + (1,) * (len(images.shape) - 1))


class _Target(Configured):
    """What the three targets share: the network sees the noisy image and the step index."""

    name = None

    def network_input(self, noisy, signal_rate, noise_rate):
        """Returns the image given to the network: the noisy image as it is."""
        return noisy

    def network_time(self, time, schedule):
        """Returns the time given to the network: DDPM's step index `time * T - 1`, float32.

        Whole at the steps of the schedule: 0 for the first (least noise), T - 1 for the last.
        """
        return schedule.position(time) - 1.0


@keras.saving.register_keras_serializable("diffusion")
class NoiseTarget(_Target):
    """The network predicts the noise: DDPM's choice, sound where some signal is left.

    Formula: `clean = (noisy - noise_rate * output) / signal_rate`; where signal_rate is 0 a noise
    prediction says nothing of the image, and the clean estimate is 0.

    Rates are (batch,) or scalars; images (batch, height, width, channels).

    Example:
        ```python
        clean, noise = NoiseTarget().estimate(output, noisy, signal_rate, noise_rate)
        ```

    Source: Ho, Jain, Abbeel 2020, arXiv:2006.11239v2, eq. 14 (loss) and eq. 15 (clean image).
    """

    name = "noise"

    def regression_target(self, clean, noise, signal_rate, noise_rate):
        """Returns what the output is compared with: the noise."""
        return noise

    def estimate(self, output, noisy, signal_rate, noise_rate):
        """Returns the `Estimate` that the network's output means."""
        signal_rate, noise_rate = align(signal_rate, noisy), align(noise_rate, noisy)
        return Estimate(_divide(noisy - noise_rate * output, signal_rate), output)


@keras.saving.register_keras_serializable("diffusion")
class CleanTarget(_Target):
    """The network predicts the clean image: sound at any noise, weak on the last fine detail.

    Formula: `noise = (noisy - signal_rate * output) / noise_rate`, and 0 where noise_rate is 0.

    Rates are (batch,) or scalars; images (batch, height, width, channels).

    Example:
        ```python
        clean, noise = CleanTarget().estimate(output, noisy, signal_rate, noise_rate)
        ```

    Source: Salimans & Ho 2022, arXiv:2202.00512v2, section 4.
    """

    name = "clean"

    def regression_target(self, clean, noise, signal_rate, noise_rate):
        """Returns what the output is compared with: the clean image."""
        return clean

    def estimate(self, output, noisy, signal_rate, noise_rate):
        """Returns the `Estimate` that the network's output means."""
        signal_rate, noise_rate = align(signal_rate, noisy), align(noise_rate, noisy)
        return Estimate(output, _divide(noisy - signal_rate * output, noise_rate))


@keras.saving.register_keras_serializable("diffusion")
class VelocityTarget(_Target):
    """The network predicts the velocity: sound at both ends, and needed for zero terminal SNR.

    Formula: `velocity = signal_rate * noise - noise_rate * clean`. For a variance-preserving
    schedule `clean = signal_rate * noisy - noise_rate * velocity` and
    `noise = signal_rate * velocity + noise_rate * noisy`: no division anywhere.

    Rates are (batch,) or scalars; images (batch, height, width, channels).

    Example:
        ```python
        clean, noise = VelocityTarget().estimate(output, noisy, signal_rate, noise_rate)
        ```

    Source: Salimans & Ho 2022, arXiv:2202.00512v2, section 4 and appendix D.
    """

    name = "velocity"

    def regression_target(self, clean, noise, signal_rate, noise_rate):
        """Returns what the output is compared with: the velocity."""
        return align(signal_rate, clean) * noise - align(noise_rate, clean) * clean

    def estimate(self, output, noisy, signal_rate, noise_rate):
        """Returns the `Estimate` that the network's output means."""
        signal_rate, noise_rate = align(signal_rate, noisy), align(noise_rate, noisy)
        clean = signal_rate * noisy - noise_rate * output
        return Estimate(clean, signal_rate * output + noise_rate * noisy)


TARGETS = {target.name: target for target in (NoiseTarget, CleanTarget, VelocityTarget)}


def _divide(numerator, rate):
    """`numerator / rate`, and 0 where the rate is 0 (the input is made safe before dividing)."""
    positive = rate > 0.0
    return ops.where(positive, numerator / ops.where(positive, rate, 1.0), 0.0)
