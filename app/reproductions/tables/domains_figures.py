"""Figures of the adaptation table: accuracy by row, curves by epoch, features before and after."""

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.image import imread

from app.reports.figures import by_epoch, save
from app.reproductions.tables.domains import PAPER, PAPER_PAIR, accuracies

PANELS = (
    ("target_test_accuracy", "accuracy on the target"),
    ("source_test_accuracy", "accuracy on the source"),
    ("proxy_a_distance", "proxy A-distance of the features"),
)
SHOWN = ("source only", "stage 1", "MMD", "CDAN+E")  # rows whose features are shown


def by_row(results, path):
    """Accuracy on the target by row, with two standard errors over seeds, as a PNG.

    Args:
        results: {"<pair>-<row>-<seed>": {"scores": {"target_test_accuracy": float}}}.
        path: where the PNG goes.
    """
    means = accuracies(results)
    pairs = list(dict.fromkeys(pair for pair, _ in means))
    figure = Figure(figsize=(6 * max(1, len(pairs)), 4.5), layout="constrained")
    panels = figure.subplots(1, max(1, len(pairs)), squeeze=False, sharex=True)[0]
    for pair, axes in zip(pairs, panels, strict=False):
        rows = [row for other, row in means if other == pair]
        found = [means[pair, row] for row in rows]
        errors = [2 * (mean.error or 0.0) for mean in found]
        axes.barh(rows, [mean.value for mean in found], xerr=errors, capsize=3, label="ours")
        if pair == PAPER_PAIR:
            paper = [(target, row) for row, (_, target) in PAPER.items() if row in rows]
            axes.plot(*zip(*paper, strict=True), "kx", label="the report")
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)
        axes.invert_yaxis()
        axes.set(title=pair, xlabel="accuracy on the target, last epoch", xlim=(0, 1))
        axes.grid(alpha=0.3, axis="x")
    save(figure, path)


def curves(results, path):
    """Accuracy on both domains and their distance by epoch, a row of panels a pair (seed 0).

    Args:
        results: {"<pair>-<row>-<seed>": {"rows": rows of metrics.jsonl}}.
        path: where the PNG goes.
    """
    first = [key.rsplit("-", 2)[:2] for key in results if key.endswith("-0")]
    pairs = list(dict.fromkeys(pair for pair, _ in first))
    figure = Figure(figsize=(13, 4 * max(1, len(pairs))), layout="constrained")
    strips = figure.subfigures(max(1, len(pairs)), 1, squeeze=False)[:, 0]
    for pair, strip in zip(pairs, strips, strict=False):
        panels = strip.subplots(1, len(PANELS))
        names = [row for other, row in first if other == pair]
        for axes, (metric, title) in zip(panels, PANELS, strict=True):
            for place, name in enumerate(names):
                rows = results[f"{pair}-{name}-0"]["rows"]
                points = by_epoch(rows, metric)
                if points:
                    line = "--" if place >= 10 else "-"
                    axes.plot(*zip(*points, strict=True), line, color=f"C{place}", label=name)
            axes.set(title=f"{pair}: {title}", xlabel="epoch")
            axes.grid(alpha=0.3)
        lines = panels[0].get_legend_handles_labels()
        strip.legend(*lines, fontsize="small", ncols=6, loc="outside lower center")
    save(figure, path)


def features(results, path):
    """Features of both domains before and after training, by t-SNE, of some rows (seed 0).

    Args:
        results: {"<pair>-<row>-<seed>": {"folder": folder of the run}}; its features.png is shown.
        path: where the PNG goes.
    """
    pictures = {}
    for key, result in results.items():
        pair, row, seed = key.rsplit("-", 2)
        file = Path(result.get("folder", "")) / "figures" / "features.png"
        first = next(iter(results)).startswith(f"{pair}-")
        if first and row in SHOWN and seed == "0" and file.is_file():
            pictures[f"{pair}, {row}"] = imread(file)
    figure = Figure(figsize=(9, 4 * max(1, len(pictures))), layout="constrained")
    panels = figure.subplots(max(1, len(pictures)), 1, squeeze=False)[:, 0]
    for axes in panels:
        axes.axis("off")
    for axes, (title, picture) in zip(panels, pictures.items(), strict=False):
        axes.imshow(picture)
        axes.set_title(title)
    save(figure, path)
