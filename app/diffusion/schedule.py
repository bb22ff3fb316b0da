"""How much signal and how much noise there is at each time: the table every schedule is.

One vocabulary for every model of the house: `noisy = signal_rate * clean + noise_rate * noise`.
`time` is a float in [0, 1], 0 is clean; step k of T is time k / T, and step 0 is the clean image.
In the symbols of the papers alpha_bar = signal_rate^2, sigma of a variance-exploding model is
noise_rate / signal_rate, and the time step t = 0..T-1 of most code is our step k = t + 1.

Tables are numpy float64, cast to float32 once: a float32 cumulative product is wrong by 1e-3 in
1 - alpha_bar_1 at T = 5000.
"""

import keras
import numpy as np
from keras import ops

from app.config.fitting import STEPS_LIMIT
from app.diffusion import betas as formulas

# log_snr is infinite for a clean image and for pure noise; the tables end here instead. It lies
# outside any schedule in use (linear, 5000 unscaled steps: -50.6) and exp(80) is finite in float32.
LOG_SNR_LIMIT = 80.0
# From this share of signal on, a start from pure noise is visibly not what the network was
# trained on.
TERMINAL_SIGNAL_LIMIT = 0.05


@keras.saving.register_keras_serializable("diffusion")
class Schedule:
    """A table of signal and noise rates over T steps, readable at any time.

    Use one of the named functions (`linear`, `karras`, `flow`, ...) for a known schedule, and this
    class for betas or rates of your own. Between two rows the rates are
    interpolated linearly, and the log-SNR is that of these rates; on a row, time = k / T, they are
    the row exactly.

    Formula: of betas (variance preserving) `signal_rates[k] = sqrt(alpha_bar_k)`,
    `noise_rates[k] = sqrt(1 - alpha_bar_k)`, `alpha_bar_k = prod_(j <= k) (1 - beta_j)`; of rates
    those given. `log_snr = 2 log(signal_rate / noise_rate)` in nats. The chain ends, at its clean
    end, with row 0: signal rate 1 and noise rate 0. Sampling starts from `start_rate` times unit
    noise: 1 for betas, of rates the last noise rate, and nothing of the signal.

    Args:
        betas: float64 array (steps,), each in (0, 1]; variance added by each step, no unit. None
            if there are `rates`.
        name: str; a key of `SCHEDULES` if `arguments` rebuild it, else any word.
        arguments: dict of JSON values or None; arguments of `SCHEDULES[name]`. None: the betas or
            rates themselves are stored in the config.
        rates: pair (signal_rates, noise_rates) of float64 arrays (steps + 1,), instead of betas.
            The first row is (1, 0); noise / signal rises, and is infinite at most in the last.

    Attributes:
        steps: int T. signal_rates, noise_rates, log_snrs: float64 (T + 1,), row 0 is clean;
            log-SNRs lie within [-80, 80]. betas: (T,), None for a schedule of rates.
        start_rate: float, standard deviation of the noise that sampling starts from.
        kind: "preserving" (made of betas), "exploding" (signal_rate 1 throughout) or "flow"
            (made of other rates).

    Raises:
        ValueError: betas not a vector of 1 to 32767 numbers in (0, 1], or rates not as above.

    Example:
        ```python
        schedule = linear(steps=1000)
        schedule.signal_rate(ops.convert_to_tensor([0.0, 0.5, 1.0]))  # 1.0, 0.279, 0.00635
        ```

    Source: Ho, Jain, Abbeel 2020, arXiv:2006.11239v2, eq. 4; rates of any form Kingma et al. 2021,
    arXiv:2107.00630v6, eq. 1.
    """

    def __init__(self, betas=None, name="custom", arguments=None, rates=None):
        self.name = name
        self.arguments = None if arguments is None else dict(arguments)
        self.betas = None if rates is not None else _checked_betas(betas, name)
        if rates is not None:
            self.signal_rates, self.noise_rates = _checked_rates(rates)
        else:
            alpha_bars = np.concatenate([[1.0], np.cumprod(1.0 - self.betas)])
            self.signal_rates = np.sqrt(alpha_bars)
            self.noise_rates = np.sqrt(1.0 - alpha_bars)
        self.steps = len(self.signal_rates) - 1
        self.start_rate = 1.0 if rates is None else float(self.noise_rates[-1])
        exploding = bool(np.all(self.signal_rates == 1.0))
        self.kind = "preserving" if rates is None else "exploding" if exploding else "flow"
        with np.errstate(divide="ignore"):
            log_snrs = 2.0 * (np.log(self.signal_rates) - np.log(self.noise_rates))
        self.log_snrs = np.clip(log_snrs, -LOG_SNR_LIMIT, LOG_SNR_LIMIT)

    def __repr__(self):
        return f"Schedule('{self.name}', {self.steps} steps)"

    def position(self, time):
        """Returns `time * T`, the step as a float32, rounded when it is a step but for rounding."""
        position = ops.clip(ops.cast(time, "float32"), 0.0, 1.0) * self.steps
        nearest = ops.round(position)
        # k / T * T is k within 4 units in the last place of a float32 time near 1.
        return ops.where(ops.abs(position - nearest) < self.steps * 2.0**-22, nearest, position)

    def signal_rate(self, time):
        """Returns the factor of the clean image at `time` (float in [0, 1], any shape)."""
        return self._read(self.signal_rates, time)

    def noise_rate(self, time):
        """Returns the factor of the unit noise at `time` (float in [0, 1], any shape)."""
        return self._read(self.noise_rates, time)

    def log_snr(self, time):
        """Returns log(signal_rate^2 / noise_rate^2) in nats, within [-80, 80], at `time`."""
        ratio = 2.0 * (ops.log(self.signal_rate(time)) - ops.log(self.noise_rate(time)))
        return ops.clip(ratio, -LOG_SNR_LIMIT, LOG_SNR_LIMIT)

    def time(self, log_snr):
        """Returns the time in [0, 1] at which the log-SNR (nats) is `log_snr`: the inverse.

        Formula: between the rows k and k + 1 the share f of the way solves
        `noise_k + f (noise_(k+1) - noise_k) = level (signal_k + f (signal_(k+1) - signal_k))`,
        `level = exp(-log_snr / 2)`.
        """
        rising = ops.convert_to_tensor((-self.log_snrs).astype("float32"))
        wanted = ops.clip(-ops.cast(log_snr, "float32"), -LOG_SNR_LIMIT, LOG_SNR_LIMIT)
        lower = ops.searchsorted(rising, ops.reshape(wanted, (-1,)), side="right") - 1
        lower = ops.clip(ops.cast(lower, "int32"), 0, self.steps - 1)
        lower = ops.reshape(lower, ops.shape(wanted))
        signal, noise = (
            ops.take(ops.convert_to_tensor(rates.astype("float32")), ops.stack([lower, lower + 1]))
            for rates in (self.signal_rates, self.noise_rates)
        )
        level = ops.exp(0.5 * wanted)
        missing = level * signal[0] - noise[0]
        slope = noise[1] - noise[0] + level * (signal[0] - signal[1])
        fraction = ops.clip(missing / ops.maximum(slope, 1e-30), 0.0, 1.0)
        return (ops.cast(lower, "float32") + fraction) / self.steps

    def signal_share(self, step):
        """Returns the signal's part of the standard deviation at a step, of unit data, [0, 1]."""
        signal, noise = self.signal_rates[step], self.noise_rates[step]
        return signal / np.hypot(signal, noise)

    def terminal_warning(self):
        """Returns a sentence with figures if the last step still shows the image, else None.

        Sampling starts from pure noise. If the signal's share of the last step is large (for unit
        data its part of the standard deviation, sqrt(alpha_bar_T) for betas), training never saw
        pure noise at time 1, so start and training do not match. The limit is 0.05.
        """
        signal, noise, share = self.signal_rates[-1], self.noise_rates[-1], self.signal_share(-1)
        if share <= TERMINAL_SIGNAL_LIMIT:
            return None
        figures = f"sqrt(alpha_bar_T) = {signal:.4f}, noise rate {noise:.4f}"
        advice = (
            "Take larger betas (linear: scaled=True), more steps, zero terminal SNR, or start from "
            "noise with some signal in it."
        )
        if self.betas is None:
            figures = f"signal rate {signal:.4f}, noise rate {noise:.4f}"
            advice = "Take a larger last noise level."
        return (
            f"Schedule '{self.name}' with {self.steps} steps leaves {100 * share:.1f} % of the "
            f"signal at its last step ({figures}), "
            f"but sampling starts from pure noise, which the network never saw there. {advice}"
        )

    def zero_terminal(self):
        """Returns this schedule rescaled so that its last step holds no signal: zero terminal SNR.

        Use it so that training sees the pure noise that sampling starts from. At the last step a
        noise prediction says nothing of the image: take another target than noise and score, and
        sample with "trailing" or "linspace" spacing, which start at that step.

        Formula: `signal_rate_k <- (signal_rate_k - signal_rate_T) signal_rate_1 /
        (signal_rate_1 - signal_rate_T)` for k = 1..T; the first step keeps its rate.

        Raises:
            ValueError: the schedule has one step only, or is not made of betas.

        Source: Lin, Liu, Li, Yang 2023, arXiv:2305.08891v4, algorithm 1.
        """
        if self.betas is None:
            raise ValueError(
                f"Zero terminal SNR rescales a schedule of betas. Received: '{self.name}', made of "
                "rates. Leave it out: flow ends in pure noise, exploding levels in enough of it."
            )
        if self.steps == 1:
            raise ValueError(
                "Zero terminal SNR keeps the first step and empties the last. Received: a schedule "
                "of 1 step. Take 2 steps or more."
            )
        arguments = None if self.arguments is None else {**self.arguments, "zero_terminal": True}
        return Schedule(formulas.zero_terminal(self.betas), self.name, arguments)

    def get_config(self):
        """Returns the name and its arguments (or the tables, when no name rebuilds them)."""
        if self.arguments is not None:
            return {"name": self.name, "arguments": dict(self.arguments)}
        if self.betas is not None:
            return {"name": self.name, "betas": self.betas.tolist()}
        rates = [self.signal_rates.tolist(), self.noise_rates.tolist()]
        return {"name": self.name, "rates": rates}

    @classmethod
    def from_config(cls, config):
        """Rebuilds the schedule that `get_config` described."""
        if "arguments" not in config:
            return cls(**config)
        from app.diffusion.schedules import SCHEDULES  # which are made of this class

        if config["name"] not in SCHEDULES:
            raise ValueError(
                f"No schedule is called '{config['name']}'. Known: {', '.join(SCHEDULES)}."
            )
        arguments = dict(config["arguments"])
        rescaled = arguments.pop("zero_terminal", False)
        schedule = SCHEDULES[config["name"]](**arguments)
        return schedule.zero_terminal() if rescaled else schedule

    def _read(self, table, time):
        """Linear interpolation between the rows of a table; exact on the rows."""
        table = ops.convert_to_tensor(table.astype("float32"))
        position = self.position(time)
        lower = ops.clip(ops.floor(position), 0, self.steps - 1)
        fraction = position - lower
        lower = ops.cast(lower, "int32")
        return (1.0 - fraction) * ops.take(table, lower) + fraction * ops.take(table, lower + 1)


def _checked_betas(betas, name):
    """The betas as a float64 vector; refused when they are none."""
    betas = np.asarray(betas, dtype="float64")
    if betas.ndim != 1 or not 1 <= betas.size <= STEPS_LIMIT:
        raise ValueError(
            f"`betas` must be a vector of 1 to {STEPS_LIMIT} numbers. "
            f"Received: shape {betas.shape}. Pass one variance for each step."
        )
    if not np.all((betas > 0.0) & (betas <= 1.0)):
        raise ValueError(
            "Each beta must be in (0, 1], the share of variance that a step replaces by "
            f"noise. Received: betas from {betas.min():g} to {betas.max():g} in schedule "
            f"'{name}' with {betas.size} steps. Take more steps or a smaller last beta."
        )
    return betas


def _checked_rates(rates):
    """The signal and the noise rates as float64 vectors; refused when they are no schedule."""
    signal, noise = (np.asarray(rate, dtype="float64") for rate in rates)
    if signal.ndim != 1 or signal.shape != noise.shape or not 2 <= signal.size <= STEPS_LIMIT + 1:
        raise ValueError(
            f"`rates` must be two vectors of one length, 2 to {STEPS_LIMIT + 1}. "
            f"Received: shapes {signal.shape} and {noise.shape}."
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        levels = noise / signal
    finite = np.all(np.isfinite(signal) & np.isfinite(noise))
    if not finite or (signal[0], noise[0]) != (1.0, 0.0) or not np.all(levels[1:] > levels[:-1]):
        raise ValueError(
            "`rates` must begin clean, with signal rate 1 and noise rate 0, and noise / signal "
            f"must rise from row to row. Received: first row ({signal[0]:g}, {noise[0]:g}), last "
            f"row ({signal[-1]:g}, {noise[-1]:g}). Put the clean end first."
        )
    return signal, noise
