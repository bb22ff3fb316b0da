"""Heun and Euler: the path from noise to image by the trapezoid rule, with EDM's churn."""

import math

import keras
from keras import ops

from app.diffusion import randomness
from app.diffusion.samplers import loop


@keras.saving.register_keras_serializable("diffusion")
class Heun(loop.Sampler):
    """Steps that look where they would arrive, and go by the mean of both directions.

    Use it with EDM's levels or a flow, for 10 to 40 steps: the error of the path falls as
    1 / steps^2, at two evaluations a step but one in the last. `order=1` is Euler's method; without
    churn that is `DDIM(eta=0)`. Churn adds noise before each step and so corrects what earlier
    steps did wrong; too much of it washes out detail.

    Formula, a and s the rates now, a' and s' those of the next time, clean and noise the estimate
    here, clean' and noise' that at the point `a' clean + s' noise` where Euler's step arrives:
    `next = noisy + (a' - a) (clean + clean') / 2 + (s' - s) (noise + noise') / 2`; the last step is
    Euler's. On a variance-exploding schedule a' - a = 0 and this is EDM's algorithm 1, on a
    flow `noisy + (t' - t) (flow + flow') / 2`; nothing is divided by a rate.
    With churn, where low <= sigma <= high, sigma = s / a is first raised to
    `sigma (1 + min(churn / steps, sqrt(2) - 1))`, at most the schedule's last level, and noise of
    deviation `churn_noise` times what is missing is added: algorithm 2.

    Args:
        order: 1 (Euler) or 2 (Heun).
        churn: float >= 0; S_churn, noise added over all steps. At 0 none is computed.
        churn_interval: pair (low, high) of levels sigma where churn is added (S_tmin, S_tmax), or
            None: everywhere.
        churn_noise: float > 0; S_noise, a little above 1 against the blur of imperfect networks.
        clip: pair (lowest, highest) of pixel values, in the units of the training images, or None.

    Call arguments:
        denoiser: function `(noisy, time, condition) -> Estimate`.
        trajectory: `Trajectory`; with spacing "linspace" on `karras` levels it is EDM's grid.
        start: float (batch, height, width, channels), the noise to start from.
        seed, first_index: int or int32 tensor, see `randomness.normal`; read with churn only.
        condition: what the denoiser takes, or None.
        first_step: int or int32 tensor, place in the trajectory where `start` is; 0 is its start.
        noise: function `(index, shape, stream) -> z`, instead of the generator; for tests.

    Returns:
        float32 images, shaped as `start`.

    Raises:
        ValueError: an argument out of range.

    Example:
        ```python
        schedule = karras()
        start = schedule.start_rate * randomness.normal(7, 0, 16, 0, randomness.START, (28, 28, 1))
        trajectory = Trajectory(schedule, 18, "linspace")
        images = Heun()(denoise, trajectory, start, seed=7, first_index=0)
        ```

    Source: Karras, Aittala, Aila, Laine 2022, arXiv:2206.00364v2, algorithms 1 and 2; its
    state between churn and step lies on the schedule's own table.
    """

    def __init__(
        self,
        order=2,
        churn=0.0,
        churn_interval=None,
        churn_noise=1.0,
        clip=(-1.0, 1.0),
    ):
        if order not in (1, 2):
            raise ValueError(f"`order` must be 1 (Euler) or 2 (Heun). Received: {order!r}")
        if churn < 0 or not churn_noise > 0:
            raise ValueError(
                "`churn` must be 0 or more, and `churn_noise` above 0. "
                f"Received: churn={churn}, churn_noise={churn_noise}"
            )
        low, high = churn_interval or (0.0, math.inf)
        if not 0 <= low < high:
            raise ValueError(
                "`churn_interval` must be a pair (low, high) of noise levels, 0 <= low < high, or "
                f"None. Received: {churn_interval!r}"
            )
        self.order = order
        self.churn = float(churn)
        self.churn_interval = churn_interval and [float(low), float(high)]
        self.churn_noise = float(churn_noise)
        self.clip = loop.checked_clip(clip)

    @property
    def draws_noise(self):
        """Whether its steps add noise: with churn only."""
        return self.churn != 0.0

    def step(self, denoiser, trajectory, noisy, index, condition, draw):
        """Returns the images at `index + 1` of the trajectory from those at `index`."""
        place = (
            trajectory.time(index),
            trajectory.signal_rate(index),
            trajectory.noise_rate(index),
        )
        if self.draws_noise:
            noisy, place = self._churned(trajectory, noisy, index, place, draw)
        clean, unit = loop.estimate_at(denoiser, place, noisy, condition, self.clip)
        next_signal, next_rate = trajectory.signal_rate(index + 1), trajectory.noise_rate(index + 1)
        signal_change, noise_change = next_signal - place[1], next_rate - place[2]
        # algorithm 1, line 5: Euler's step
        following = noisy + signal_change * clean + noise_change * unit
        if self.order == 1:
            return following

        def corrected():
            there = loop.estimate(denoiser, trajectory, following, index + 1, condition, self.clip)
            # algorithm 1, line 8: the trapezoid rule
            signal_part = 0.5 * signal_change * (there.clean - clean)
            return following + signal_part + 0.5 * noise_change * (there.noise - unit)

        return ops.cond(loop.last(trajectory, index), lambda: following, corrected)

    def _churned(self, trajectory, noisy, index, place, draw):
        """The images with more noise, and the place of the schedule where that puts them."""
        time, signal, rate = place
        schedule, steps = trajectory.schedule, ops.cast(trajectory.steps, "float32")
        growth = 1.0 + ops.minimum(self.churn / steps, math.sqrt(2.0) - 1.0)
        low, high = self.churn_interval or (0.0, math.inf)
        # Without any signal there is no level to raise.
        inside = (signal > 0.0) & (rate >= low * signal) & (rate <= high * signal)
        raised = schedule.time(trajectory.log_snr(index) - 2.0 * ops.log(growth))
        time = ops.where(inside, raised, time)
        new_signal = ops.where(inside, schedule.signal_rate(time), signal)
        new_rate = ops.where(inside, schedule.noise_rate(time), rate)
        # algorithm 2, lines 5 and 6
        kept = ops.where(inside, new_signal / ops.where(inside, signal, 1.0), 1.0)
        missing = ops.sqrt(ops.maximum(new_rate**2 - (kept * rate) ** 2, 0.0))
        added = self.churn_noise * draw(index, ops.shape(noisy), randomness.CHURN)
        return kept * noisy + missing * added, (time, new_signal, new_rate)

    def get_config(self):
        """Returns the arguments."""
        return {
            "order": self.order,
            "churn": self.churn,
            "churn_interval": self.churn_interval,
            "churn_noise": self.churn_noise,
            "clip": self.clip,
        }
