"""Verb `compare`: what differs between runs, and what came of it."""

import json
import math

from app.errors import UserError
from app.run import Run

_HEAD = ("recipe", "kind", "status", "backend", "git", "dataset")


def compare(references, root="runs", as_json=False):
    """Puts runs side by side: configuration values that differ, last metrics, scores with their n.

    Args:
        references: two or more runs (id, unique beginning, path or MLflow run id).
        root: folder of the runs.
        as_json: return text in JSON instead of a table.

    Returns:
        A `rich.table.Table`, or JSON text: the dictionary of `comparison`.

    Raises:
        UserError: a run is not found or damaged.

    Example:
        ```python
        rich.print(compare(["20261122-1015", "20261122-1130"]))
        ```
    """
    if len(references) < 2:
        raise UserError(
            f"Comparing takes two runs or more. Received: {len(references)}. Give their ids."
        )
    found = comparison([Run.open(reference, root) for reference in references])
    return json.dumps(_plain(found), indent=1) if as_json else table(found)


def comparison(runs):
    """What differs between runs, as data.

    Returns:
        {"runs": [id, ...], "run": rows, "config": rows, "metrics": rows, "scores": rows}; rows are
        {name: [a value for each run, None where it has none]}. A value of "scores" is the score
        {"value", "samples", "floor", "interval"}. "run" and "config" hold only what differs.
    """
    return {
        "runs": [run.id for run in runs],
        "run": _differing([_head(run) for run in runs]),
        "config": _differing([dict(_leaves(run.config)) for run in runs]),
        "metrics": _rows([_last_metrics(run) for run in runs]),
        "scores": _rows([_scores(run) for run in runs]),
    }


def table(found):
    """Draws a `comparison` as a rich table, one column a run."""
    from rich.table import Table

    drawn = Table(title="Runs side by side", title_justify="left")
    drawn.add_column("", no_wrap=True)
    for name in found["runs"]:
        drawn.add_column(name, overflow="fold")
    titles = {
        "run": "what differs of the run",
        "config": "configuration values that differ",
        "metrics": "metrics, the last of each (epoch)",
        "scores": "scores (n; floor: real against real)",
    }
    for part, title in titles.items():
        if not found[part]:
            continue
        drawn.add_section()
        drawn.add_row(f"[bold]{title}[/bold]")
        for name, values in found[part].items():
            drawn.add_row(name, *[_text(part, value) for value in values])
    return drawn


def _head(run):
    """The facts of a manifest that are worth a line when they differ."""
    head = {name: run.manifest.get(name) for name in _HEAD}
    git, dataset = head["git"] or {}, head["dataset"] or {}
    head["git"] = git and f"{git['commit'][:10]}{' + changes' if git['dirty'] else ''}"
    head["dataset"] = " ".join(str(dataset[key]) for key in ("name", "version") if key in dataset)
    head["data digest"] = str(dataset.get("digest", ""))[:16]
    return head


def _last_metrics(run):
    """{name: [value, epoch]} of the last epoch that has it."""
    last = {}
    for row in run.metrics():
        step = row.pop("step")
        last.update({name: [value, step] for name, value in row.items()})
    return last


def _scores(run):
    """{name: score} of `scores.json`."""
    path = run.folder / "scores.json"
    try:
        scores = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        scores = dict(scores)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"The scores {path} are damaged ({type(error).__name__}: {error}). Write them again "
            f"with: python -m app evaluate {run.id}"
        ) from error
    parts = ("value", "samples", "floor", "interval")
    return {
        name: {part: score.get(part) for part in parts}
        if isinstance(score, dict)
        else {"value": score}
        for name, score in scores.items()
    }


def _leaves(value, prefix=""):
    """Yields (dotted name, value) of a nested configuration."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, f"{prefix}.{name}" if prefix else str(name))
    else:
        yield prefix, value


def _rows(columns):
    """Turns one dictionary a run into one list a name, in order of first appearance."""
    names = dict.fromkeys(name for column in columns for name in column)
    return {name: [column.get(name) for column in columns] for name in names}


def _differing(columns):
    """The rows whose values are not all equal."""
    return {
        name: values
        for name, values in _rows(columns).items()
        if any(value != values[0] for value in values)
    }


def _text(part, value):
    """A cell of the table."""
    if value is None:
        return "-"
    if part == "metrics":
        return f"{_number(value[0])} ({value[1]})"
    if part == "scores":
        notes = [f"n {value['samples']:,}"] if value.get("samples") else []
        notes += [f"floor {_number(value['floor'])}"] if value.get("floor") is not None else []
        if value.get("interval"):
            notes.append(" to ".join(map(_number, value["interval"])))
        return f"{_number(value['value'])} ({'; '.join(notes)})" if notes else str(value["value"])
    return value if isinstance(value, str) else json.dumps(value)


def _number(value):
    """A number to four digits."""
    return f"{value:.4g}" if isinstance(value, (int, float)) else str(value)


def _plain(value):
    """JSON knows no nan and no infinity: they become text."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
