"""Figures of images drawn by attributes: a row an attribute, with and without, shares as bars."""

import numpy as np
from matplotlib.figure import Figure

from app.reports.figures import save
from callbacks.image_grid import grid

SHOWN = 10  # images of an attribute in the figure of all, and a row of its own figure
ROWS = 5  # of a figure of one attribute


def attribute_rows_figure(images, combinations, path):
    """Ten images for each combination of attributes, a row each, as a PNG.

    Args:
        images: uint8 (combinations, count, height, width, channels).
        combinations: names, a row each.
        path: where the PNG goes.
    """
    few = images[:, :SHOWN]
    rows, columns = few.shape[:2]
    picture = grid(few.reshape(rows * columns, *few.shape[2:]), columns)
    figure = Figure(figsize=(3.2 + 0.75 * columns, 0.3 + 0.75 * rows), layout="constrained")
    axes = figure.subplots()
    axes.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    pitch = (picture.shape[0] + 2) / rows
    axes.set_yticks(pitch * (np.arange(rows) + 0.5) - 1, [_words(name) for name in combinations])
    axes.set_xticks([])
    save(figure, path)


def with_and_without_figure(asked, unasked, combination, verdicts, path):
    """Images of the same noise without and with an attribute asked for, side by side, as a PNG.

    Args:
        asked: uint8 (count, height, width, channels).
        unasked: uint8 of the same shape.
        combination: names of what was asked for.
        verdicts: {"asked", "unasked"} of bool (count,), which images have it, or None.
        path: where the PNG goes.
    """
    shown = min(len(asked), ROWS * SHOWN)
    height = 0.42 * -(-shown // SHOWN) + 0.9
    figure = Figure(figsize=(9, height), layout="constrained")
    figure.suptitle(f"{_words(combination)}: the same noise", fontsize=10)
    for axes, key, images, title in zip(
        figure.subplots(1, 2),
        ("unasked", "asked"),
        (unasked, asked),
        ("nothing said", "asked for"),
        strict=True,
    ):
        picture = grid(images[:shown], min(SHOWN, shown))
        axes.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        if verdicts:
            title += f", {int(verdicts[key].sum())} of {len(verdicts[key])} have it"
        axes.set_title(title, fontsize=9)
        axes.axis("off")
    save(figure, path)


def control_figure(scores, path):
    """Share of images that have an attribute, asked for and not, with 95 % intervals, as a PNG.

    Args:
        scores: dict of Scores as `app.metrics.attribute_control.control_scores` gives them.
        path: where the PNG goes.
    """
    ending = "_unasked"
    names = [name.removesuffix(ending) for name in scores if name.endswith(ending)]
    figure = Figure(figsize=(7, 1.2 + 0.42 * len(names)), layout="constrained")
    axes, places = figure.subplots(), np.arange(len(names))
    for shift, title, suffix in ((-0.2, "asked for", ""), (0.2, "nothing said", ending)):
        found = [scores[name + suffix] for name in names]
        values = np.array([score.value for score in found])
        bounds = np.array([score.interval for score in found])
        reach = np.abs(bounds - values[:, None]).T
        axes.barh(places + shift, values, 0.38, xerr=reach, label=title, error_kw={"lw": 1})
    floors = [scores[name + ending].floor for name in names]
    if None not in floors:
        axes.plot(floors, places + 0.2, "k|", markersize=10, label="real images")
    axes.set_yticks(places, [_words(name.removeprefix("attribute_")) for name in names])
    axes.set(xlim=(0, 1), xlabel=f"share of n = {found[0].samples} images that have it")
    axes.invert_yaxis()
    axes.grid(alpha=0.3, axis="x")
    figure.legend(fontsize=8, loc="outside upper center", ncols=3)
    save(figure, path)


def _words(name):
    """Names as they read in a figure."""
    return name.replace("_with_", " with ").replace(",", " with ").replace("_", " ")
