"""The same pictures by epoch: how a model learned to draw."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from app.reports.figures import save

ROWS = 12  # epochs shown, evenly chosen of those drawn, the first and the last among them
GAP = 2


def progression_figure(files, height, path):
    """The first row of each epoch's grid, one beneath the other, with the epoch beside, as a PNG.

    Use it on the grids of `callbacks.SampleGrid`, whose noise is the same at every epoch.

    Args:
        files: paths like `epoch-0005.png`, in order, at least one.
        height: int; pixels of one image of the grid, of which the first row is taken.
        path: where the PNG goes.
    """
    chosen = np.unique(np.linspace(0, len(files) - 1, ROWS).round().astype(int))
    rows = {}
    for file in (Path(files[place]) for place in chosen):
        with Image.open(file) as grid:
            rows[int(file.stem.removeprefix("epoch-"))] = np.asarray(grid)[:height]
    width, pitch = next(iter(rows.values())).shape[1], height + GAP
    picture = np.concatenate([np.pad(row, _below(row)) for row in rows.values()])
    figure = Figure(figsize=(0.8 * width / height + 0.6, 0.8 * len(rows)), layout="constrained")
    axes = figure.subplots()
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([pitch * place + height / 2 for place in range(len(rows))])
    axes.set_yticklabels([f"epoch {epoch}" for epoch in rows])
    save(figure, path)


def _below(row):
    """A gap beneath a row of pixels, grey or colour."""
    return [(0, GAP), *[(0, 0)] * (row.ndim - 1)]
