"""Times drawn in training: distributions over the noise levels of a schedule.

Each is a map from numbers spread evenly in [0, 1) to times. Drawing puts numbers of chance in;
validation puts fixed ones in, so that curves of two epochs or two runs can be compared.
"""

import keras
from keras import ops, random

from app.diffusion.configured import Configured


@keras.saving.register_keras_serializable("diffusion")
class Uniform(Configured):
    """Each step 1..T of the schedule equally likely: DDPM's training times.

    Call arguments:
        count: int or scalar tensor, images in the batch.
        schedule: `Schedule`.
        seed: int or `keras.random.SeedGenerator`.

    Returns:
        float32 (count,), each k / T with k in 1..T.

    Example:
        ```python
        Uniform().fixed(4, linear(1000))  # 0.126, 0.376, 0.626, 0.876
        ```

    Source: Ho, Jain, Abbeel 2020, arXiv:2006.11239v2, algorithm 1.
    """

    def __call__(self, count, schedule, seed):
        """Returns `count` times drawn at random."""
        return self.at(random.uniform((count,), seed=seed), schedule)

    def fixed(self, count, schedule):
        """Returns the middles of `count` equal parts of the distribution: no chance at all."""
        return self.at(_strata(count, 0.5), schedule)

    def at(self, uniforms, schedule):
        """Returns the times below which the shares `uniforms` in [0, 1) of all times lie."""
        steps = schedule.steps
        step = ops.minimum(ops.floor(uniforms * steps), steps - 1) + 1.0
        return step / steps


@keras.saving.register_keras_serializable("diffusion")
class Stratified(Uniform):
    """One time from each of `count` equal parts of the schedule.

    Each time alone is still uniform over the batch, but a batch always covers the whole schedule,
    which makes the loss of a batch less noisy. Arguments and result as `Uniform`.

    Source: Kingma et al. 2021, arXiv:2107.00630v6, appendix I.1 (there with one shared offset).
    """

    def __call__(self, count, schedule, seed):
        """Returns `count` times, one from each part."""
        return self.at(_strata(count, random.uniform((count,), seed=seed)), schedule)


@keras.saving.register_keras_serializable("diffusion")
class LogNormal(Uniform):
    """Noise levels whose logarithm is normal: EDM's training times, on any schedule.

    Use it to spend the training where it teaches most: neither on images that are nearly clean
    nor on those of which nothing is left.

    Formula: `log(noise_rate / signal_rate) = mean + deviation * normal`, then the time at which the
    schedule has that level; levels outside those of its steps 1..T become its ends.

    Args:
        mean: float, nats; of the logarithm of a level in the units of the pixels.
        deviation: float > 0, nats.

    Call arguments and result as `Uniform`, but the times lie between the steps too.

    Example:
        ```python
        LogNormal()(64, karras(), keras.random.SeedGenerator(0))
        ```

    Source: Karras, Aittala, Aila, Laine 2022, arXiv:2206.00364v2, table 1 (P_mean, P_std).
    """

    def __init__(self, mean=-1.2, deviation=1.2):
        self.mean, self.deviation = float(mean), _checked(deviation)

    def at(self, uniforms, schedule):
        """Returns the times below which the shares `uniforms` in [0, 1) of all times lie."""
        log_level = self.mean + self.deviation * _normal(uniforms)
        return ops.maximum(schedule.time(-2.0 * log_level), 1.0 / schedule.steps)

    def get_config(self):
        """Returns mean and deviation."""
        return {"mean": self.mean, "deviation": self.deviation}


@keras.saving.register_keras_serializable("diffusion")
class LogitNormal(Uniform):
    """Times whose logit is normal: a flow's training times, most of them in the middle.

    Use it with the schedule `flow`, where the direction is hardest to tell in the middle: at either
    end it is nearly the mean of the images, or of the noise.

    Formula: `time = sigmoid(mean + deviation * normal)`, the next step k / T from there.

    Args:
        mean: float, no unit; above 0 more times near the noise.
        deviation: float > 0, no unit.

    Call arguments and result as `Uniform`.

    Example:
        ```python
        LogitNormal()(64, flow(), keras.random.SeedGenerator(0))
        ```

    Source: Esser et al. 2024, arXiv:2403.03206v1, eq. 19.
    """

    def __init__(self, mean=0.0, deviation=1.0):
        self.mean, self.deviation = float(mean), _checked(deviation)

    def at(self, uniforms, schedule):
        """Returns the times below which the shares `uniforms` in [0, 1) of all times lie."""
        return super().at(ops.sigmoid(self.mean + self.deviation * _normal(uniforms)), schedule)

    def get_config(self):
        """Returns mean and deviation."""
        return {"mean": self.mean, "deviation": self.deviation}


TIMES = {
    "uniform": Uniform,
    "stratified": Stratified,
    "log_normal": LogNormal,
    "logit_normal": LogitNormal,
}


def _strata(count, offset):
    """Numbers in [0, 1), one in each of `count` equal parts, `offset` in [0, 1) into it."""
    parts = ops.cast(ops.arange(count, dtype="int32"), "float32")
    return (parts + offset) / ops.cast(count, "float32")


def _normal(uniforms):
    """The unit normal's quantiles of numbers in [0, 1), finite also at 0: within 5.3."""
    inside = ops.clip(uniforms, 2.0**-24, 1.0 - 2.0**-24)
    return 2.0**0.5 * ops.erfinv(2.0 * inside - 1.0)


def _checked(deviation):
    """The deviation as a float; refused when it is not above 0."""
    if not deviation > 0:
        raise ValueError(f"`deviation` must be above 0. Received: {deviation}")
    return float(deviation)
