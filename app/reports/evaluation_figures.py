"""Figures of what was measured: similarities, captioned samples, curves, nearest neighbours."""

import math

import numpy as np
from matplotlib.figure import Figure

from app.reports.figures import save
from callbacks.image_grid import grid


def similarity_figure(table, classes, prompts, path):
    """Mean cosine similarity of the images of each class with each text, as a PNG.

    Args:
        table: float (classes, prompts); nan where there is no image of a class.
        classes: names of the classes, a row each.
        prompts: the texts, a column each.
        path: where the PNG goes.
    """
    table = np.asarray(table)
    figure = Figure(
        figsize=(3 + 0.6 * len(prompts), 2.5 + 0.45 * len(classes)), layout="constrained"
    )
    axes = figure.subplots()
    shown = axes.imshow(table, cmap="viridis")
    middle = (np.nanmin(table) + np.nanmax(table)) / 2
    for (row, column), value in np.ndenumerate(table):
        colour = "black" if value > middle else "white"
        axes.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour, fontsize=7)
    axes.set_xticks(range(len(prompts)), prompts, rotation=45, ha="right")
    axes.set_yticks(range(len(classes)), classes)
    axes.set(xlabel="text", ylabel="class of the images")
    figure.colorbar(shown, label="mean cosine similarity", shrink=0.8)
    save(figure, path)


def captioned_figure(images, captions, path, columns=10):
    """Images with a caption under each, as a PNG.

    Args:
        images: uint8 (count, height, width, channels).
        captions: one text an image.
        path: where the PNG goes.
        columns: images in a row.
    """
    columns = min(columns, len(images))
    rows = math.ceil(len(images) / columns)
    figure = Figure(figsize=(columns * 1.1, rows * 1.35), layout="constrained")
    for place, axes in enumerate(figure.subplots(rows, columns, squeeze=False).flat):
        axes.axis("off")
        if place < len(images):
            axes.imshow(_plain(images[place]), cmap="gray", vmin=0, vmax=255)
            axes.set_title(captions[place], fontsize=8, y=-0.22)
    save(figure, path)


def neighbours_figure(images, neighbours, path):
    """Generated images on the left, the nearest training images of each to the right, as a PNG.

    Args:
        images: uint8 (count, height, width, channels).
        neighbours: uint8 (count, nearest, height, width, channels), the nearest first.
        path: where the PNG goes.
    """
    count, nearest, height, width, channels = neighbours.shape
    figure = Figure(
        figsize=(1.2 + 0.9 * (nearest + 1), 0.9 * count * height / width + 0.6),
        layout="constrained",
    )
    left, right = figure.subplots(1, 2, width_ratios=[1, nearest])
    together = neighbours.reshape(count * nearest, height, width, channels)
    for axes, part, columns, title in (
        (left, images, 1, "generated"),
        (right, together, nearest, "nearest training images"),
    ):
        axes.imshow(_plain(grid(part, columns)), cmap="gray", vmin=0, vmax=255)
        axes.set_title(title, fontsize=9)
        axes.axis("off")
    save(figure, path)


def _plain(picture):
    """A picture without the axis of a single channel."""
    return picture[..., 0] if picture.shape[-1] == 1 else picture
