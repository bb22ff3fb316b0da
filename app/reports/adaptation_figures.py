"""Figures of an adaptation run: where the images of both domains lie, before and after."""

import numpy as np
from matplotlib.figure import Figure
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from app.reports.figures import save

MARKS = {"source": "o", "target": "x"}


def features_figure(stages, labels, class_names, path):
    """Features of both domains in two dimensions by t-SNE, colour a class, mark a domain, as a PNG.

    Args:
        stages: {"before": {"source": float (n, features), "target": ...}, "after": ...}.
        labels: {"source": int (n,), "target": int (m,)}; true classes, for colour only.
        class_names: one name a class.
        path: where the PNG goes.
    """
    figure = Figure(figsize=(6 * len(stages), 5.5), layout="constrained")
    panels = figure.subplots(1, len(stages), squeeze=False)[0]
    for axes, (title, features) in zip(panels, stages.items(), strict=True):
        rows = np.concatenate([features[domain] for domain in MARKS])
        perplexity = min(30.0, (len(rows) - 1) / 3)
        with threadpool_limits(1):  # its threads wait for each other: 5 times slower on busy cores
            points = TSNE(random_state=0, init="pca", perplexity=perplexity).fit_transform(
                rows.astype("float32")
            )
        parts = np.split(points, [len(features["source"])])
        for (domain, mark), part in zip(MARKS.items(), parts, strict=True):
            shown = axes.scatter(
                *part.T,
                c=labels[domain],
                marker=mark,
                cmap="tab10",
                vmin=0,
                vmax=max(9, len(class_names) - 1),
                s=14,
                alpha=0.7,
                label=domain,
                linewidths=0.8,
            )
        axes.set(title=title, xticks=[], yticks=[])
        axes.legend()
    if len(class_names) <= 10:
        bar = figure.colorbar(shown, ax=panels, ticks=range(len(class_names)))
        bar.ax.set_yticklabels(class_names)
    save(figure, path)
