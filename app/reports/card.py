"""What the model cards of all kinds of run share: the opening, the recipe, the file."""

from app.files import write_atomically


def opening(run, recipe):
    """The lines of the title and of the run."""
    return [
        f"# {recipe.name}",
        "",
        f"{recipe.summary} Run `{run.id}`, {run.manifest['created']}.",
        "",
        "## Data",
    ]


def recipe_lines(run, recipe, *parts):
    """The section of the recipe: these parts of it, the backend, the commit."""
    git = run.manifest.get("git") or {}
    return [
        "",
        "## Recipe",
        *(f"- {part}: {getattr(recipe, part)}" for part in parts),
        f"- backend: {run.manifest.get('backend')}, code {git.get('commit', 'unknown')}",
        "",
    ]


def score_lines(scores):
    """A table of scores with their n and interval."""
    lines = ["| measure | value | n | interval |", "|---|---|---|---|"]
    for name, score in scores.items():
        interval = "" if score.interval is None else "{:.4g} to {:.4g}".format(*score.interval)
        lines.append(f"| {name} | {score.value:.4g} | {score.samples} | {interval} |")
    return lines


def write_card(run, lines):
    """Writes model_card.md into the run folder; returns its path."""
    path = run.path("model_card.md")
    write_atomically(path, "\n".join(lines) + "\n")
    return path
