"""The figure of the schedules of the MNIST table: betas, alpha-bar, log-SNR by step."""

from matplotlib.figure import Figure

from app.diffusion.schedules import SCHEDULES
from app.reports.figures import save
from app.reproductions.mnist_schedules import PAPER


def schedules(results, path):
    """Beta, alpha-bar and log-SNR of the table's schedules, with what each leaves of the signal.

    Args:
        results: not looked at; schedules need no run.
        path: where the PNG goes.
    """
    figure = Figure(figsize=(14, 3.8), layout="constrained")
    betas, bars, snrs = figure.subplots(1, 3)
    for name in PAPER:
        schedule = SCHEDULES[name](steps=1000)
        left = f"{name}, leaves {100 * schedule.signal_rates[-1]:.1f} % of the signal"
        betas.plot(range(1, schedule.steps + 1), schedule.betas, label=name)
        bars.plot(schedule.signal_rates**2, label=left)
        snrs.plot(range(1, schedule.steps + 1), schedule.log_snrs[1:], label=name)
    betas.set(xlabel="step", ylabel="beta")
    bars.set(xlabel="step", ylabel="alpha-bar = signal rate squared")
    snrs.set(xlabel="step", ylabel="log-SNR, nats")
    for axes in (betas, bars, snrs):
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    save(figure, path)
