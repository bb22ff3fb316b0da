"""Figures that tables of diffusion reports share: curves by epoch, pictures of runs."""

from functools import partial
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.image import imread

from app.reports.figures import by_epoch, save, schedule_figure


def curves(panels):
    """A figure of metrics by epoch, a panel each, a line a trained row (seed 0).

    Args:
        panels: {title: (metrics, {label: level})}: the metrics drawn together, and levels to hold
            them against, found as scores of the results, like "psnr_black", or as the floor of a
            score, "psnr floor". Panels of metrics that no run has are left out.

    Returns:
        Function (results, path).
    """
    return partial(_curves, panels)


def _curves(panels, results, path):
    first = {
        key.rsplit("-", 2)[1]: result
        for key, result in results.items()
        if key.startswith("trained-") and key.endswith("-0") and result["rows"]
    }
    lines = {title: _lines(first, metrics) for title, (metrics, _) in panels.items()}
    shown = [title for title, found in lines.items() if found]
    if not shown:
        return
    figure = Figure(figsize=(5 * len(shown), 3.6), layout="constrained")
    for axes, title in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
        levels = panels[title][1]
        for place, (label, points) in enumerate(lines[title].items()):
            axes.plot(*zip(*points, strict=True), ".-", color=f"C{place}", label=label)
        for place, (label, name) in enumerate(levels.items()):
            level = next(
                (v for v in (_level(r, name) for r in first.values()) if v is not None), None
            )
            if level is not None:
                axes.axhline(
                    level, color="0.4", linestyle=("-.", ":", "--")[place % 3], label=label
                )
        axes.set(title=title, xlabel="epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        if len(axes.lines) > 1:
            axes.legend(fontsize="x-small")
    save(figure, path)


def _lines(results, metrics):
    """{label: [(epoch, value)]} of each row and metric that has any; names only what differs."""
    found = {}
    for row, result in results.items():
        for metric in metrics:
            points = by_epoch(result["rows"], metric)
            names = [row] * (len(results) > 1) + [metric] * (len(metrics) > 1)
            if points:
                found[", ".join(names) or row] = points
    return found


def _level(result, name):
    """A score of a result, or with "floor" what real images have."""
    score, _, floor = name.partition(" ")
    if floor:
        return result.get("measured", {}).get(score, {}).get("floor")
    return result["scores"].get(score)


def chains(schedules):
    """A figure of the schedules of a table; it needs no run.

    Args:
        schedules: function () -> {row: `Schedule`}.

    Returns:
        Function (results, path).
    """
    return lambda results, path: schedule_figure(schedules(), path)


def pictures(files, columns=2, groups=()):
    """A figure of pictures that runs left in their folders (seed 0), a panel each.

    Where none of the runs is on this machine no file is written, so that the one there stays.

    Args:
        files: {title: pattern of a file in the run folder}; of several that match, sorted, the
            last one counts, or the first where the title begins with "first".
        columns: int; panels side by side.
        groups: first words of the keys that are shown; none: all.

    Returns:
        Function (results, path).
    """
    return partial(_pictures, files, columns, groups)


def _pictures(files, columns, groups, results, path):
    found = {}
    for key, result in results.items():
        group, row, seed = key.rsplit("-", 2)
        if seed != "0" or (groups and group not in groups):
            continue
        for title, pattern in files.items():
            folder = Path(result.get("folder") or "/nowhere")
            there = sorted(folder.glob(pattern))
            if there:
                file = there[0] if title.startswith("first") else there[-1]
                found[f"{row}: {title}"] = imread(file)
    if not found:
        return
    ratios = [picture.shape[0] / picture.shape[1] for picture in found.values()]
    heights = [
        5.5 * max(ratios[begin : begin + columns]) + 0.4 for begin in range(0, len(ratios), columns)
    ]
    figure = Figure(figsize=(5.5 * columns, sum(heights)), layout="constrained")
    places = figure.subplots(len(heights), columns, squeeze=False, height_ratios=heights).flat
    for axes in figure.axes:
        axes.axis("off")
    for axes, (title, picture) in zip(places, found.items(), strict=False):
        axes.imshow(picture, cmap="gray", interpolation="nearest")
        axes.set_title(title, fontsize="small")
    save(figure, path)


def distances(results, path):
    """The Frechet distance of each row (seed 0) with its interval, and that of real images.

    Args:
        results: of a table; rows without a Frechet distance are left out.
        path: where the PNG goes.
    """
    found = {
        key.rsplit("-", 2)[1]: (result["scores"]["frechet"], result["measured"]["frechet"])
        for key, result in results.items()
        if key.endswith("-0") and "frechet" in result["scores"]
    }
    if not found:
        return
    figure = Figure(figsize=(9, 1.2 + 0.32 * len(found)), layout="constrained")
    axes = figure.subplots()
    for place, (value, facts) in enumerate(found.values()):
        low, high = facts["interval"] or (value, value)
        axes.plot([low, high], [place, place], color="C0", alpha=0.5, linewidth=4)
        axes.plot(value, place, "o", color="C0")
        axes.annotate(f"{value:.1f}", (high, place), (6, 0), "data", "offset points", va="center")
    floor = next(iter(found.values()))[1]["floor"]
    if floor is not None:
        axes.axvline(floor, color="0.4", linestyle=":", label="real images")
        axes.legend(fontsize="small")
    axes.set(yticks=range(len(found)), yticklabels=found, xscale="log", xlabel="Frechet distance")
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.grid(axis="x", alpha=0.3)
    save(figure, path)
