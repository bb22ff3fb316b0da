"""How much signal and how much noise there is at each time: `Schedule` and the named ones.

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

from app.diffusion import betas as formulas

# log_snr is infinite for a clean image and for pure noise; the tables end here instead. It lies
# outside any schedule in use (linear, 5000 unscaled steps: -50.6) and exp(80) is finite in float32.
LOG_SNR_LIMIT = 80.0
# From this signal rate on, a start from pure noise is visibly not what the network was trained on.
TERMINAL_SIGNAL_LIMIT = 0.05
# Trajectory computes 2 T^2 in int32.
STEPS_LIMIT = 32767


@keras.saving.register_keras_serializable("diffusion")
class Schedule:
    """A table of signal and noise rates over T steps, readable at any time.

    Use one of the named functions (`linear`, `cosine`, ...) for a known schedule, and this class
    for betas of your own. Between two rows the rates and the log-SNR are interpolated linearly;
    on a row, time = k / T, they are the row exactly.

    Formula: `signal_rates[k] = sqrt(alpha_bar_k)`, `noise_rates[k] = sqrt(1 - alpha_bar_k)`,
    `alpha_bar_k = prod_(j <= k) (1 - beta_j)`, `log_snr = 2 log(signal_rate / noise_rate)` in
    nats. The chain ends, at its clean end, with row 0: alpha_bar_0 = 1 and noise rate 0.

    Args:
        betas: float64 array (steps,), each in (0, 1]; variance added by each step, no unit.
        name: str; a key of `SCHEDULES` if `arguments` rebuild it, else any word.
        arguments: dict of JSON values or None; arguments of `SCHEDULES[name]`. None: the betas
            themselves are stored in the config.

    Attributes:
        steps: int T. betas: (T,). signal_rates, noise_rates, log_snrs: float64 (T + 1,), row 0 is
            clean; log-SNRs lie within [-80, 80].

    Raises:
        ValueError: betas not a vector of 1 to 32767 numbers in (0, 1].

    Example:
        ```python
        schedule = linear(steps=1000)
        schedule.signal_rate(ops.convert_to_tensor([0.0, 0.5, 1.0]))  # 1.0, 0.279, 0.00635
        ```

    Source: Ho, Jain, Abbeel 2020, arXiv:2006.11239v2, eq. 4.
    """

    def __init__(self, betas, name="custom", arguments=None):
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
        self.name = name
        self.arguments = None if arguments is None else dict(arguments)
        self.betas = betas
        self.steps = int(betas.size)
        alpha_bars = np.concatenate([[1.0], np.cumprod(1.0 - betas)])
        self.signal_rates = np.sqrt(alpha_bars)
        self.noise_rates = np.sqrt(1.0 - alpha_bars)
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
        return self._read(self.log_snrs, time)

    def time(self, log_snr):
        """Returns the time in [0, 1] at which the log-SNR (nats) is `log_snr`: the inverse."""
        rising = ops.convert_to_tensor((-self.log_snrs).astype("float32"))
        wanted = -ops.cast(log_snr, "float32")
        lower = ops.searchsorted(rising, ops.reshape(wanted, (-1,)), side="right") - 1
        lower = ops.reshape(ops.clip(ops.cast(lower, "int32"), 0, self.steps - 1), wanted.shape)
        left, right = ops.take(rising, lower), ops.take(rising, lower + 1)
        fraction = ops.clip((wanted - left) / ops.maximum(right - left, 1e-12), 0.0, 1.0)
        return (ops.cast(lower, "float32") + fraction) / self.steps

    def terminal_warning(self):
        """Returns a sentence with figures if the last step still shows the image, else None.

        Sampling starts from pure noise. If sqrt(alpha_bar_T) is large, training never saw pure
        noise at time 1, so start and training do not match. The limit is a signal rate of 0.05.
        """
        signal, noise = self.signal_rates[-1], self.noise_rates[-1]
        if signal <= TERMINAL_SIGNAL_LIMIT:
            return None
        return (
            f"Schedule '{self.name}' with {self.steps} steps leaves {100 * signal:.1f} % of the "
            f"signal at its last step (sqrt(alpha_bar_T) = {signal:.4f}, noise rate {noise:.4f}), "
            "but sampling starts from pure noise, which the network never saw there. Take larger "
            "betas (linear: scaled=True), more steps, zero terminal SNR, or start from noise with "
            "some signal in it."
        )

    def zero_terminal(self):
        """Returns this schedule rescaled so that its last step holds no signal: zero terminal SNR.

        Use it so that training sees the pure noise that sampling starts from. At the last step a
        noise prediction says nothing of the image: take the target velocity or clean, and sample
        with "trailing" spacing, which starts at that step.

        Formula: `signal_rate_k <- (signal_rate_k - signal_rate_T) signal_rate_1 /
        (signal_rate_1 - signal_rate_T)` for k = 1..T; the first step keeps its rate.

        Raises:
            ValueError: the schedule has one step only.

        Source: Lin, Liu, Li, Yang 2023, arXiv:2305.08891v4, algorithm 1.
        """
        if self.steps == 1:
            raise ValueError(
                "Zero terminal SNR keeps the first step and empties the last. Received: a schedule "
                "of 1 step. Take 2 steps or more."
            )
        arguments = None if self.arguments is None else {**self.arguments, "zero_terminal": True}
        return Schedule(formulas.zero_terminal(self.betas), self.name, arguments)

    def get_config(self):
        """Returns the name and its arguments (or the betas, when no name rebuilds them)."""
        if self.arguments is None:
            return {"name": self.name, "betas": self.betas.tolist()}
        return {"name": self.name, "arguments": dict(self.arguments)}

    @classmethod
    def from_config(cls, config):
        """Rebuilds the schedule that `get_config` described."""
        if "betas" in config:
            return cls(config["betas"], config["name"])
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


def linear(steps=1000, first=1e-4, last=0.02, scaled=False):
    """Returns the linear schedule of DDPM.

    The betas are those written unless `scaled`: unscaled, T = 200 leaves 36 % of the signal at
    the end, T = 5000 spends most steps on pure noise. `scaled=True` multiplies by 1000 / T, which
    keeps the end where T = 1000 has it.

    Args:
        steps: int T >= 1.
        first: float, beta_1.
        last: float, beta_T.
        scaled: bool; multiply both by 1000 / steps.

    Source: Ho et al. 2020, arXiv:2006.11239v2, section 4; scaling as in Nichol & Dhariwal's code.
    """
    betas = formulas.linear(_whole(steps), first, last, scaled)
    arguments = {"steps": steps, "first": first, "last": last, "scaled": scaled}
    return Schedule(betas, "linear", arguments)


def cosine(steps=1000, offset=0.008):
    """Returns the cosine schedule: alpha_bar = cos^2((k / T + s) / (1 + s) pi / 2), beta <= 0.999.

    Source: Nichol & Dhariwal 2021, arXiv:2102.09672v1, eq. 17.
    """
    betas = formulas.cosine(_whole(steps), offset)
    return Schedule(betas, "cosine", {"steps": steps, "offset": offset})


def geometric(steps=1000, first=1e-4, last=0.02):
    """Returns beta_k = first (last / first)^(k / T); with these ends 15 % of the signal stays."""
    betas = formulas.geometric(_whole(steps), first, last)
    return Schedule(betas, "geometric", {"steps": steps, "first": first, "last": last})


def annealed(steps=1000, first=1e-4, last=0.02):
    """Returns beta_k = (last - first) / 2 (1 - cos(pi k / T)) + first, a cosine-annealed rise."""
    betas = formulas.annealed(_whole(steps), first, last)
    return Schedule(betas, "annealed", {"steps": steps, "first": first, "last": last})


def sigmoid(steps=1000, start=-3.0, end=3.0, temperature=1.0):
    """Returns an alpha_bar along the logistic curve between `start` and `end`, beta <= 0.999.

    Source: Jabri, Fleet, Chen 2022, arXiv:2212.11972v1, section 3 (there gamma; tau = temperature).
    """
    betas = formulas.sigmoid(_whole(steps), start, end, temperature)
    arguments = {"steps": steps, "start": start, "end": end, "temperature": temperature}
    return Schedule(betas, "sigmoid", arguments)


def default(steps=1000):
    """Returns linear betas 1e-4 .. 0.02, meant for T = 1000."""
    return Schedule(formulas.linear(_whole(steps), 1e-4, 0.02, False), "default", {"steps": steps})


def long(steps=5000):
    """Returns linear betas 1e-4 .. 0.004, meant for T = 5000: the same end in smaller steps."""
    return Schedule(formulas.linear(_whole(steps), 1e-4, 0.004, False), "long", {"steps": steps})


def short(steps=200):
    """Returns linear betas 1e-4 .. 0.1, meant for T = 200: the same end in larger steps."""
    return Schedule(formulas.linear(_whole(steps), 1e-4, 0.1, False), "short", {"steps": steps})


SCHEDULES = {
    function.__name__: function
    for function in (linear, cosine, geometric, annealed, sigmoid, default, long, short)
}


def _whole(steps):
    """The number of steps, refused when it is not a whole number in range."""
    if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= STEPS_LIMIT:
        raise ValueError(f"`steps` must be an integer from 1 to {STEPS_LIMIT}. Received: {steps!r}")
    return steps
