"""Figures of the guidance table: scores by guidance, and the pictures of each setting."""

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.image import imread

from app.reports.figures import save
from app.reproductions.tables.cifar10_guidance import MEASURES, settings_of


def scores(results, path):
    """Each score by guidance, with its 95 % interval, and what real images have.

    Args:
        results: {"drawn-guidance <w> steps <n>-0": {"scores", "measured"}}.
        path: where the PNG goes.
    """
    found = settings_of(results)
    figure = Figure(figsize=(16, 3.8), layout="constrained")
    places = figure.subplots(1, len(MEASURES))
    for axes, name in zip(places, MEASURES, strict=True):
        for steps in sorted({steps for _, steps in found}):
            points = [
                (guidance, result["scores"][name], result["measured"][name]["interval"])
                for (guidance, other), result in sorted(found.items())
                if other == steps and name in result["scores"]
            ]
            if points:
                at, values, intervals = zip(*points, strict=True)
                errors = [
                    [
                        max(0.0, v - i[0]) if i else 0.0
                        for v, i in zip(values, intervals, strict=True)
                    ],
                    [
                        max(0.0, i[1] - v) if i else 0.0
                        for v, i in zip(values, intervals, strict=True)
                    ],
                ]
                axes.errorbar(
                    at, values, yerr=errors, marker="o", capsize=3, label=f"{steps} steps"
                )
        floors = [result["measured"].get(name, {}).get("floor") for result in found.values()]
        if floors and floors[0] is not None:
            axes.axhline(floors[0], color="0.4", linestyle=":", label="real images")
        axes.set(xlabel="guidance", title=name.replace("_", " "))
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize="small")
    save(figure, path)


def pictures(results, path):
    """What each setting drew: guidance downwards, steps to the right, the distance above.

    Where none of the runs is on this machine no file is written, so that the one there stays.

    Args:
        results: as for `scores`, with the "folder" of each run.
        path: where the PNG goes.
    """
    found = {}
    for setting, result in settings_of(results).items():
        file = Path(result.get("folder") or "/nowhere") / "samples" / "grid" / "grid.png"
        if file.exists():
            found[setting] = imread(file), result["scores"].get("frechet")
    if not found:
        return
    down, across = (sorted(set(numbers)) for numbers in zip(*found, strict=True))
    figure = Figure(figsize=(0.5 + 3 * len(across), 3.2 * len(down)), layout="constrained")
    places = figure.subplots(len(down), len(across), squeeze=False)
    for row, guidance in zip(places, down, strict=True):
        for axes, steps in zip(row, across, strict=True):
            axes.set(xticks=[], yticks=[], frame_on=(guidance, steps) in found)
            if (guidance, steps) in found:
                picture, distance = found[guidance, steps]
                axes.imshow(picture, cmap="gray", interpolation="nearest")
                told = "" if distance is None else f", Frechet distance {distance:.1f}"
                axes.set_title(f"{steps} steps{told}", fontsize="small")
        row[0].set_ylabel(f"guidance {guidance}")
    save(figure, path)
