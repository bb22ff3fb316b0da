"""The figure of the schedules of a table: betas, alpha-bar, log-SNR along the chain."""

from functools import partial

import numpy as np
from matplotlib.figure import Figure

from app.reports.figures import save


def schedules(rows):
    """A figure of beta, alpha-bar and log-SNR of schedules, with what each leaves of the signal.

    Args:
        rows: function () -> {row: `Schedule`}.

    Returns:
        Function (results, path); the results are not looked at; schedules need no run.
    """
    return partial(_schedules, rows)


def _schedules(rows, results, path):
    figure = Figure(figsize=(14, 4.2), layout="constrained")
    betas, bars, snrs = figure.subplots(1, 3)
    for name, schedule in rows().items():
        place = np.arange(schedule.steps + 1) / schedule.steps
        left = f"{name}, leaves {100 * schedule.signal_rates[-1]:.1f} % of the signal"
        betas.plot(place[1:], schedule.betas)
        bars.plot(place, schedule.signal_rates**2, label=left)
        snrs.plot(place[1:], schedule.log_snrs[1:])
    betas.set(ylabel="beta", yscale="log")
    bars.set(ylabel="alpha-bar = signal rate squared")
    snrs.set(ylabel="log-SNR, nats")
    for axes in (betas, bars, snrs):
        axes.set(xlabel="step / steps of the chain")
        axes.grid(alpha=0.3)
    figure.legend(*bars.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    save(figure, path)
