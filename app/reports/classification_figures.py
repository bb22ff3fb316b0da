"""Figures of a classification run, drawn with matplotlib without a display."""

import numpy as np
from matplotlib.figure import Figure

from app.reports.figures import by_epoch, save

CURVES = {
    "loss": ("loss", "val_loss", "test_cross_entropy"),
    "accuracy on clean test images": ("test_accuracy",),
    "share of training labels predicted": ("fitted_right", "fitted_wrong"),
    "gradient norm": ("gradient_norm",),
}


def learning_curves(rows, path):
    """What was measured by epoch, a panel a kind, as a PNG.

    Args:
        rows: list of dicts with `step` and metrics, as in metrics.jsonl.
        path: where the PNG goes.
    """
    panels = {
        title: [name for name in names if any(name in row for row in rows)]
        for title, names in CURVES.items()
    }
    panels = {title: names for title, names in panels.items() if names}
    figure = Figure(figsize=(4 * len(panels), 3.5), layout="constrained")
    for axes, (title, names) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True
    ):
        for name in names:
            axes.plot(*zip(*by_epoch(rows, name), strict=True), label=name, marker=".")
        axes.set(xlabel="epoch", title=title)
        axes.grid(alpha=0.3)
        axes.legend()
    save(figure, path)


def confusion_figure(predicted, labels, class_names, path):
    """Share of each true class (a row) that was taken for each class (a column), as a PNG.

    Args:
        predicted: int (n,).
        labels: int (n,), true classes.
        class_names: one name a class.
        path: where the PNG goes.
    """
    classes = len(class_names)
    counts = np.zeros((classes, classes))
    np.add.at(counts, (labels, predicted), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 2 + 0.45 * classes
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if classes <= 20:
        for row, column in np.ndindex(classes, classes):
            color = "white" if shares[row, column] > 0.5 else "black"
            text = f"{100 * shares[row, column]:.0f}"
            axes.text(column, row, text, ha="center", va="center", color=color, fontsize=8)
    axes.set_xticks(range(classes), class_names, rotation=90)
    axes.set_yticks(range(classes), class_names)
    axes.set(xlabel="predicted", ylabel="true class", title="percent of each true class")
    save(figure, path)
