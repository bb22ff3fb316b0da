"""Figures of a run, drawn with matplotlib without a display."""

import math

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from app.files import writing
from callbacks.image_grid import grid


def by_epoch(rows, name):
    """The points (epoch, from 1; value) of a metric in the rows of a run that have it."""
    return [(row["step"] + 1, row[name]) for row in rows if name in row]


def training_curves(rows, path):
    """Every metric of a run by epoch, a panel each, training and validation together, as a PNG.

    Args:
        rows: list of dicts with `step` and metrics, as `Run.metrics` gives them.
        path: where the PNG goes.
    """
    names = dict.fromkeys(name for row in rows for name in row)
    names = [name for name in names if name != "step"]
    panels = {}
    for name in names:
        panels.setdefault(name.removeprefix("val_"), []).append(name)
    columns = min(3, max(1, len(panels)))
    height = max(1, math.ceil(len(panels) / columns))
    figure = Figure(figsize=(4.5 * columns, 3 * height), layout="constrained")
    places = figure.subplots(height, columns, squeeze=False).flat
    for axes, group in zip(places, panels.values(), strict=False):
        for name in group:
            points = by_epoch(rows, name)
            axes.plot(
                *zip(*points, strict=True), marker="." if len(points) < 30 else "", label=name
            )
        axes.set(xlabel="epoch", ylabel=group[0].removeprefix("val_"))
        axes.set_yscale("log" if "loss" in group else "linear")
        axes.grid(alpha=0.3)
        axes.legend()
    for axes in list(figure.axes)[len(panels) :]:
        axes.axis("off")
    save(figure, path)


def schedule_figure(schedules, path):
    """Beta, alpha-bar and log-SNR along the chain, and what it leaves of the signal, as a PNG.

    Alpha-bar is the signal's share of the variance; a schedule of rates shows its noise rate for
    beta.

    Args:
        schedules: {name: `Schedule`}.
        path: where the PNG goes.
    """
    figure = Figure(figsize=(14, 4.2), layout="constrained")
    betas, bars, snrs = figure.subplots(1, 3)
    for name, schedule in schedules.items():
        place = np.arange(schedule.steps + 1) / schedule.steps
        signal, noise = schedule.signal_rates**2, schedule.noise_rates**2
        share = signal / (signal + noise)
        added = schedule.noise_rates[1:] if schedule.betas is None else schedule.betas
        betas.plot(place[1:], added)
        bars.plot(
            place, share, label=f"{name}, leaves {100 * share[-1] ** 0.5:.1f} % of the signal"
        )
        snrs.plot(place[1:], schedule.log_snrs[1:])
    betas.set(ylabel="beta, or noise rate where there is none", yscale="log")
    bars.set(ylabel="alpha-bar: signal's share of the variance")
    snrs.set(ylabel="log-SNR, nats")
    for axes in (betas, bars, snrs):
        axes.set(xlabel="step / steps of the chain")
        axes.grid(alpha=0.3)
    figure.legend(*bars.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    save(figure, path)


def strip_figure(strip, times, path):
    """Strips, a row an image, with the time of each column (0 clean, 1 the most noise), as a PNG.

    Args:
        strip: uint8 array (count, columns, height, width, channels).
        times: (columns,) floats in [0, 1].
        path: where the PNG goes.
    """
    count, columns, height, width, channels = strip.shape
    picture = grid(strip.reshape(count * columns, height, width, channels), columns)
    figure = Figure(figsize=(columns * 0.8, count * 0.8 * height / width + 0.5))
    figure.set_layout_engine("constrained")
    axes = figure.subplots()
    axes.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    pitch = picture.shape[1] / columns
    axes.set_xticks([pitch * (column + 0.5) for column in range(columns)])
    axes.set_xticklabels([f"{time:.2f}" for time in times])
    axes.set_yticks([])
    axes.set_xlabel("time (0: clean)")
    save(figure, path)


def draw_into_run(run, name, figure, *content, folder="figures"):
    """Draws one figure of a run into <folder>/<name>.png; `figure` takes the content and a path."""
    path = run.path(folder, f"{name}.png")
    with writing(path):
        figure(*content, path)


def save(figure, path):
    """Writes a figure as a PNG, cut to what is drawn: labels beside a picture are never cut off."""
    FigureCanvasAgg(figure)
    figure.savefig(path, dpi=110, bbox_inches="tight", pad_inches=0.08)
