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
