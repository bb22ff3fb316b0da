"""Figures of comparisons: steps against quality, guidance by steps, score by averaging length."""

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from app.reports.figures import save
from callbacks.image_grid import grid


def steps_figure(rows, path):
    """Score against steps and against seconds an image, a curve a sampler and guidance, as a PNG.

    Args:
        rows: as `app.measuring.trials.run_trials` gives them; the first score of each is drawn.
        path: where the PNG goes.
    """
    figure = Figure(figsize=(10.5, 4.2), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    curves = {}
    for row in rows:
        curves.setdefault(f"{row['sampler']}, guidance {row['guidance']:g}", []).append(row)
    for label, points in curves.items():
        for place, name in zip(axes, ("steps", "seconds_an_image"), strict=True):
            ordered = sorted(points, key=lambda row, name=name: row[name])
            across = [row[name] for row in ordered]
            values = [_first(row)["value"] for row in ordered]
            place.errorbar(across, values, _bars(ordered), marker="o", capsize=2, label=label)
    for place, label in zip(axes, ("steps", "seconds an image"), strict=True):
        _floor(place, rows)
        place.set(xscale="log", yscale="log", xlabel=label)
        place.grid(alpha=0.3, which="both")
        for axis in (place.xaxis, place.yaxis):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axis.set_minor_formatter(NullFormatter())
    marks = sorted({row["steps"] for row in rows})
    axes[0].set_xticks(marks, [str(mark) for mark in marks])
    axes[0].minorticks_off()
    axes[0].set_ylabel(_label(rows))
    axes[1].legend(fontsize=8)
    save(figure, path)


def guidance_figure(cells, path):
    """Pictures of one seed, guidance downwards and steps to the right, the score above each.

    Args:
        cells: list of (row, images): a row of `app.measuring.trials.run_trials`, and uint8 images
            (count, height, width, channels), the same seed and labels in all.
        path: where the PNG goes.
    """
    down = sorted({row["guidance"] for row, _ in cells})
    across = sorted({row["steps"] for row, _ in cells})
    figure = Figure(figsize=(0.8 + 2.1 * len(across), 1.15 * len(down) + 0.5), layout="constrained")
    places = figure.subplots(len(down), len(across), squeeze=False)
    for row, images in cells:
        axes = places[down.index(row["guidance"]), across.index(row["steps"])]
        picture = grid(images, (len(images) + 1) // 2)
        axes.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=255)
        score = _first(row)
        axes.set_title(f"{row['steps']} steps: {score['value']:.3g}", fontsize=9)
        axes.set(xticks=[], yticks=[])
        if row["steps"] == across[0]:
            axes.set_ylabel(f"guidance {row['guidance']:g}", fontsize=9)
    figure.suptitle(f"{cells[0][0]['sampler']}: {_label([cells[0][0]])}", fontsize=9)
    save(figure, path)


def averages_figure(rows, stored, path):
    """Score against the length of the average; other weights as lines across, as a PNG.

    Args:
        rows: as `app.measuring.trials.run_trials` gives them; weights "ema:LENGTH" are points.
        stored: lengths whose averages were kept during training.
        path: where the PNG goes.
    """
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    points = [(float(r["weights"][4:]), r) for r in rows if r["weights"].startswith("ema:")]
    points.sort(key=lambda point: point[0])
    lengths, found = [length for length, _ in points], [row for _, row in points]
    values = [_first(row)["value"] for row in found]
    axes.errorbar(lengths, values, _bars(found), marker="o", capsize=2, label="reconstructed")
    kept = [(n, value) for n, value in zip(lengths, values, strict=True) if n in stored]
    if kept:
        axes.plot(*zip(*kept, strict=True), "s", markersize=10, fillstyle="none", label="stored")
    others = [row for row in rows if not row["weights"].startswith("ema:")]
    for number, row in enumerate(others, start=1):
        axes.axhline(_first(row)["value"], color=f"C{number}", linestyle="--", label=row["weights"])
    _floor(axes, rows)
    axes.set(xlabel="length of the average, sigma_rel (part of the training)", ylabel=_label(rows))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    save(figure, path)


def _first(row):
    """The score that is drawn."""
    return next(iter(row["scores"].values()))


def _bars(rows):
    """How far the intervals reach below and above, for error bars; None where one is missing."""
    scores = [_first(row) for row in rows]
    if any(score["interval"] is None for score in scores):
        return None
    low = [max(0.0, score["value"] - score["interval"][0]) for score in scores]
    return [low, [max(0.0, score["interval"][1] - score["value"]) for score in scores]]


def _floor(axes, rows):
    """A line at the score of real images."""
    floor = _first(rows[0])["floor"]
    if floor is not None:
        axes.axhline(floor, color="black", linestyle=":", label="floor: held-out real images")


def _label(rows):
    """Name of the score, its n and its extractor."""
    score = _first(rows[0])
    extractor = f", {score['extractor']}" if score["extractor"] else ""
    return f"{score['name']}, n = {score['samples']:,}{extractor}"
