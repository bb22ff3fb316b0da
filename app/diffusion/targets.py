"""What the network is asked for: the noise, the clean image, the velocity, and their kin by name.

Score, flow and EDM's preconditioning are in `continuous_targets`, what all share in `target`.
"""

import keras

from app.diffusion.continuous_targets import EDMTarget, FlowTarget, ScoreTarget
from app.diffusion.target import Estimate, Target, align, divide


@keras.saving.register_keras_serializable("diffusion")
class NoiseTarget(Target):
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
    fits = ("preserving",)
    needs_signal = True

    def regression_target(self, clean, noise, signal_rate, noise_rate):
        """Returns what the output is compared with: the noise."""
        return noise

    def estimate(self, output, noisy, signal_rate, noise_rate):
        """Returns the `Estimate` that the network's output means."""
        signal_rate, noise_rate = align(signal_rate, noisy), align(noise_rate, noisy)
        return Estimate(divide(noisy - noise_rate * output, signal_rate), output)


@keras.saving.register_keras_serializable("diffusion")
class CleanTarget(Target):
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
    fits = ("preserving", "flow")

    def regression_target(self, clean, noise, signal_rate, noise_rate):
        """Returns what the output is compared with: the clean image."""
        return clean

    def estimate(self, output, noisy, signal_rate, noise_rate):
        """Returns the `Estimate` that the network's output means."""
        signal_rate, noise_rate = align(signal_rate, noisy), align(noise_rate, noisy)
        return Estimate(output, divide(noisy - signal_rate * output, noise_rate))


@keras.saving.register_keras_serializable("diffusion")
class VelocityTarget(Target):
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
    fits = ("preserving",)

    def regression_target(self, clean, noise, signal_rate, noise_rate):
        """Returns what the output is compared with: the velocity."""
        return align(signal_rate, clean) * noise - align(noise_rate, clean) * clean

    def estimate(self, output, noisy, signal_rate, noise_rate):
        """Returns the `Estimate` that the network's output means."""
        signal_rate, noise_rate = align(signal_rate, noisy), align(noise_rate, noisy)
        clean = signal_rate * noisy - noise_rate * output
        return Estimate(clean, signal_rate * output + noise_rate * noisy)


TARGETS = {
    target.name: target
    for target in (NoiseTarget, CleanTarget, VelocityTarget, FlowTarget, EDMTarget, ScoreTarget)
}
