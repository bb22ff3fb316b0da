"""What every target is: the whole parameterisation of a network, and the `Estimate` it gives.

A target owns what goes into the network, what it is compared with, and how its output is read back
as an `Estimate` of clean image and noise. From `noisy = signal_rate * clean + noise_rate * noise`
the network's answer to one question gives the others.
"""

from typing import NamedTuple

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


def divide(numerator, rate):
    """`numerator / rate`, and 0 where the rate is 0 (the input is made safe before dividing)."""
    positive = rate > 0.0
    return ops.where(positive, numerator / ops.where(positive, rate, 1.0), 0.0)


class Target(Configured):
    """What the targets share: the network sees the noisy image and the step index.

    `fits` names the kinds of schedules (`Schedule.kind`) on which a target is sound;
    `needs_signal` says that its answer tells nothing of the image where there is no signal.
    """

    name = None
    fits = ()
    needs_signal = False

    def check(self, schedule):
        """Returns None, and refuses a schedule on which this target is not sound.

        Raises:
            ValueError: another kind of schedule, or one made to have no signal at its last step.
        """
        if schedule.kind not in self.fits:
            raise ValueError(
                f"Target '{self.name}' goes with schedules of the kinds {', '.join(self.fits)}. "
                f"Received: schedule '{schedule.name}', kind {schedule.kind}. Take target 'edm', "
                "which goes with all, or another schedule."
            )
        if self.needs_signal and (schedule.arguments or {}).get("zero_terminal"):
            raise ValueError(
                "A schedule of zero terminal SNR has no signal at its last step, where a noise "
                f"prediction says nothing of the image. Received: target '{self.name}'. Pass "
                "target 'velocity', 'clean', 'flow' or 'edm'."
            )

    def network_input(self, noisy, signal_rate, noise_rate):
        """Returns the image given to the network: the noisy image as it is."""
        return noisy

    def network_time(self, time, schedule):
        """Returns the time given to the network: DDPM's step index `time * T - 1`, float32.

        Whole at the steps of the schedule: 0 for the first (least noise), T - 1 for the last.
        """
        return schedule.position(time) - 1.0
