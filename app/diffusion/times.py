"""Times that a sampler visits, in the graph. Those of training are in `training_times`."""

from numbers import Integral, Real

from keras import ops

from app.diffusion.schedule import TERMINAL_SIGNAL_LIMIT

SPACINGS = ("trailing", "leading", "linspace")


class Trajectory:
    """The steps of the schedule that a sampler visits, computed in the graph.

    `steps` may be a tensor, so that an exported sampler takes the number of steps as an input.
    The time after step i is the time at i + 1, read from the same list, for any number of steps,
    whether it divides T or not.

    Formula: with n steps of T, the step k visited at i = 0..n-1 is
    trailing `round(T (n - i) / n)`: from T down to T / n;
    leading `(n - 1 - i) floor(T / n) + 1`: down to 1, but starting below T (far below if n does
    not divide T: 600 of 1000 steps start at step 600, where a start from pure noise is wrong);
    linspace `round((T - 1) (n - 1 - i) / (n - 1)) + 1`: from T down to 1 (T alone if n = 1).
    Halves are rounded up. At i = n comes time 0.

    The chain ends (i = n) with alpha_bar_0 = 1, noise rate 0, for `final="clean"`; with
    `final="first"` it ends with alpha_bar_1, the row of the first step, though its time is 0
    (diffusers' `set_alpha_to_one=False`; for comparisons).

    Args:
        schedule: `Schedule`.
        steps: int in [1, T] or int32 scalar tensor (then not checked), steps to take.
        spacing: "trailing", "leading" or "linspace".
        final: "clean" or "first".

    Raises:
        ValueError: steps out of range, unknown spacing or final.

    Example:
        ```python
        trajectory = Trajectory(linear(1000), 10)
        trajectory.time(0), trajectory.time(1), trajectory.time(10)  # 1.0, 0.9, 0.0
        ```

    Source: the names and lists are those of Lin et al. 2023, arXiv:2305.08891v4, table 2.
    """

    def __init__(self, schedule, steps, spacing="trailing", final="clean"):
        whole = isinstance(steps, Integral) or not isinstance(steps, Real)
        if not whole or (isinstance(steps, Integral) and not 1 <= steps <= schedule.steps):
            raise ValueError(
                f"The number of sampling steps must be whole, from 1 to {schedule.steps} as in "
                f"schedule '{schedule.name}'. Received: {steps}. Take fewer, or a longer schedule."
            )
        if spacing not in SPACINGS:
            raise ValueError(f"`spacing` must be one of {SPACINGS}. Received: {spacing!r}")
        if final not in ("clean", "first"):
            raise ValueError(f"`final` must be 'clean' or 'first'. Received: {final!r}")
        self.schedule = schedule
        self.steps = steps
        self.spacing = spacing
        self.final = final

    def step(self, index):
        """Returns the step k of the schedule, int32, visited at `index` in 0..steps."""
        total = self.schedule.steps
        count = ops.cast(self.steps, "int32")
        index = ops.cast(index, "int32")
        left = ops.maximum(count - index, 0)
        if self.spacing == "trailing":
            step = (2 * total * left + count) // (2 * count)
        elif self.spacing == "leading":
            step = (left - 1) * (total // count) + 1
        else:
            gaps = ops.maximum(count - 1, 1)
            done = ops.where(count > 1, left - 1, 1)
            step = (2 * (total - 1) * done + gaps) // (2 * gaps) + 1
        return ops.where(left > 0, step, 0)

    def start_warning(self):
        """Returns a sentence if the start is below the last step and still shows the image."""
        first, total = int(self.step(0)), self.schedule.steps
        share = self.schedule.signal_share(first)
        if first == total or share <= TERMINAL_SIGNAL_LIMIT:
            return None
        return (
            f"Spacing '{self.spacing}' with {self.steps} of {total} steps starts at step {first}, "
            f"where the schedule '{self.schedule.name}' leaves {100 * share:.1f} % of the signal, "
            "but from pure noise, which the network never saw there. Take the spacing trailing or "
            "linspace."
        )

    def time(self, index):
        """Returns the time at `index` (0..steps, int or int tensor): 0 at `steps`."""
        return ops.cast(self.step(index), "float32") / self.schedule.steps

    def signal_rate(self, index):
        """Returns the signal rate at `index`, a row of the schedule's table."""
        return self._row(self.schedule.signal_rates, index)

    def noise_rate(self, index):
        """Returns the noise rate at `index`, a row of the schedule's table."""
        return self._row(self.schedule.noise_rates, index)

    def log_snr(self, index):
        """Returns the log-SNR at `index`, in nats within [-80, 80], a row of the table."""
        return self._row(self.schedule.log_snrs, index)

    def _row(self, table, index):
        """The float32 row of a table at a place of the trajectory."""
        step = self.step(index)
        if self.final == "first":
            step = ops.maximum(step, 1)
        return ops.take(ops.convert_to_tensor(table.astype("float32")), step)
