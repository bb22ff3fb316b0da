"""The targets of flow matching, EDM and score matching, written for the rates of any schedule.

Their papers fix a schedule (a straight line, or noise on a whole image) and write the formulas for
it. Here a = signal_rate and s = noise_rate stay, so that one network is the same model whichever
way its noise is scaled: put a = 1, s = sigma, or a = 1 - t, s = t, and the papers' own come out.
"""

import keras
from keras import ops

from app.diffusion.target import Estimate, Target, align, divide


@keras.saving.register_keras_serializable("diffusion")
class FlowTarget(Target):
    """The network predicts the flow's velocity, from the image to the noise: flow matching.

    Use it with the schedule `flow`, where it is the direction of a straight line, the same at all
    times. It is sound at both ends, of any schedule whose rates stay near 1.

    Formula: `flow = noise - clean`, so `clean = (noisy - s flow) / (a + s)` and
    `noise = (noisy + a flow) / (a + s)`; on the schedule `flow` a + s = 1.

    Rates are (batch,) or scalars; images (batch, height, width, channels).

    Example:
        ```python
        clean, noise = FlowTarget().estimate(output, noisy, signal_rate, noise_rate)
        ```

    Source: Lipman et al. 2022, arXiv:2210.02747v2, eq. 23; Liu, Gong, Liu 2022,
    arXiv:2209.03003v1, eq. 1 (both with the time reversed).
    """

    name = "flow"
    fits = ("preserving", "flow")

    def regression_target(self, clean, noise, signal_rate, noise_rate):
        """Returns what the output is compared with: noise minus clean image."""
        return noise - clean

    def estimate(self, output, noisy, signal_rate, noise_rate):
        """Returns the `Estimate` that the network's output means."""
        signal_rate, noise_rate = align(signal_rate, noisy), align(noise_rate, noisy)
        total = signal_rate + noise_rate
        clean = (noisy - noise_rate * output) / total
        return Estimate(clean, (noisy + signal_rate * output) / total)


@keras.saving.register_keras_serializable("diffusion")
class EDMTarget(Target):
    """EDM's preconditioning: input, output and their training target have unit variance.

    Use it on any schedule; with `karras`, log-normal times and the sampler heun it is EDM. The
    network sees the noise level, not the step, so that schedules may change after training.

    Formula, sigma = s / a and d = sigma_data in EDM's symbols: the network F is given
    `c_in noisy / a` and c_noise = log(sigma) / 4, and `clean = c_skip noisy / a + c_out F` with
    `c_skip = d^2 / (sigma^2 + d^2)`, `c_out = sigma d / sqrt(sigma^2 + d^2)`,
    `c_in = 1 / sqrt(sigma^2 + d^2)`. With m^2 = s^2 + a^2 d^2, and nothing divided by a or s:
    `input = noisy / m`, `F = (s clean - a d^2 noise) / (d m)`,
    `clean = a d^2 / m^2 noisy + s d / m F`, `noise = s / m^2 noisy - a d / m F`.
    The mean squared error of F is EDM's loss with its weight lambda = 1 / c_out^2: weighting none.
    On a variance-preserving schedule with d = 1 it is the velocity with its sign turned.

    Args:
        sigma_data: float > 0; standard deviation of the training images, in the units of the
            pixels. MNIST in [-1, 1]: 0.616.

    Rates are (batch,) or scalars; images (batch, height, width, channels).

    Raises:
        ValueError: `sigma_data` not above 0.

    Example:
        ```python
        clean, noise = EDMTarget(0.616).estimate(output, noisy, signal_rate, noise_rate)
        ```

    Source: Karras, Aittala, Aila, Laine 2022, arXiv:2206.00364v2, eq. 7, 8 and table 1.
    """

    name = "edm"
    fits = ("preserving", "exploding", "flow")

    def __init__(self, sigma_data=0.5):
        if not sigma_data > 0:
            raise ValueError(
                f"`sigma_data` must be above 0, the deviation of the images. Received: {sigma_data}"
            )
        self.sigma_data = float(sigma_data)

    def network_input(self, noisy, signal_rate, noise_rate):
        """Returns the noisy image scaled to unit variance: c_in."""
        scale, _, _ = self._scales(noisy, signal_rate, noise_rate)
        return noisy / scale

    def network_time(self, time, schedule):
        """Returns c_noise = log(sigma) / 4, float32 within [-10, 10]."""
        return -0.125 * schedule.log_snr(time)

    def regression_target(self, clean, noise, signal_rate, noise_rate):
        """Returns what the output is compared with: (clean - c_skip noisy / a) / c_out."""
        scale, signal, rate = self._scales(clean, signal_rate, noise_rate)
        return (rate * clean - signal * self.sigma_data * noise) / (self.sigma_data * scale)

    def estimate(self, output, noisy, signal_rate, noise_rate):
        """Returns the `Estimate` that the network's output means."""
        scale, signal, rate = self._scales(noisy, signal_rate, noise_rate)
        unit = noisy / scale
        clean = self.sigma_data * (signal * unit + rate * output) / scale
        return Estimate(clean, (rate * unit - signal * output) / scale)

    def _scales(self, images, signal_rate, noise_rate):
        """m, a d and s, shaped to multiply images."""
        signal, rate = self.sigma_data * align(signal_rate, images), align(noise_rate, images)
        return ops.sqrt(signal**2 + rate**2), signal, rate

    def get_config(self):
        """Returns the deviation of the data."""
        return {"sigma_data": self.sigma_data}


@keras.saving.register_keras_serializable("diffusion")
class ScoreTarget(Target):
    """The network predicts the score times the noise rate: denoising score matching.

    Use it on the schedule `exploding` with Langevin dynamics or predictor-corrector. The score is
    the gradient of the log density of noisy images; the product with the noise rate has unit
    variance at all levels, and its squared error is score matching with the weight sigma^2.

    Formula: `score = -noise / s`, `output = s score`, `clean = (noisy - s noise) / a`. The
    network's input is `noisy / sqrt(a^2 + s^2)`, for levels of 50 would drown its first layer (the
    papers give it the noisy image as it is; on a variance-preserving schedule it is that).

    Rates are (batch,) or scalars; images (batch, height, width, channels).

    Example:
        ```python
        clean, noise = ScoreTarget().estimate(output, noisy, signal_rate, noise_rate)
        ```

    Source: Song & Ermon 2019, arXiv:1907.05600v3, eq. 5 and 6 (lambda = sigma^2); division by
    sigma outside the network Song & Ermon 2020, arXiv:2006.09011v2, technique 3.
    """

    name = "score"
    fits = ("preserving", "exploding")
    needs_signal = True

    def network_input(self, noisy, signal_rate, noise_rate):
        """Returns the noisy image, scaled to unit variance for unit data."""
        return noisy / ops.sqrt(align(signal_rate, noisy) ** 2 + align(noise_rate, noisy) ** 2)

    def regression_target(self, clean, noise, signal_rate, noise_rate):
        """Returns what the output is compared with: the noise rate times the score."""
        return -noise

    def estimate(self, output, noisy, signal_rate, noise_rate):
        """Returns the `Estimate` that the network's output means."""
        signal_rate, noise_rate = align(signal_rate, noisy), align(noise_rate, noisy)
        return Estimate(divide(noisy + noise_rate * output, signal_rate), -output)
