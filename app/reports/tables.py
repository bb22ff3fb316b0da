"""Tables for the screen."""

from rich.table import Table


def scores_table(scores):
    """The scores with their n, floor and interval."""
    shown = Table("measure", "value", "n", "floor (real)", "interval", title="Scores")
    for name, score in scores.items():
        floor = "" if score.floor is None else f"{score.floor:.4g}"
        interval = "" if score.interval is None else "{:.4g} to {:.4g}".format(*score.interval)
        shown.add_row(name, f"{score.value:.4g}", str(score.samples), floor, interval)
    return shown


def data_table(rows):
    """The data sets, one row each, as `app.data.describe` gives them."""
    shown = Table(*rows[0], title="Data sets")
    for row in rows:
        shown.add_row(*(str(value) for value in row.values()))
    return shown


def trials_table(rows, title):
    """The rows of a comparison: how images were drawn, what it took, their scores."""
    columns = ("weights", "sampler", "steps", "guidance", "samples")
    names = dict.fromkeys(name for row in rows for name in row["scores"])
    names = [name for name in names if not name.endswith("_black")]  # the same in all rows
    shown = Table(*columns[:-1], "n", "s/image", *names, title=title)
    for row in rows:
        scores = [row["scores"].get(name, {}).get("value") for name in names]
        shown.add_row(
            *(str(row[column]) for column in columns),
            f"{row['seconds_an_image']:.3g}",
            *("" if value is None else f"{value:.4g}" for value in scores),
        )
    floors = [rows[0]["scores"].get(name, {}).get("floor") for name in names]
    shown.add_section()
    shown.add_row(
        "real images",
        *[""] * len(columns),
        *("" if floor is None else f"{floor:.4g}" for floor in floors),
    )
    return shown
