"""The model card of an adaptation run; Markdown."""

from app.files import write_atomically


def write_adaptation_card(run, recipe, scores, chosen):
    """Writes model_card.md into the run folder; returns its path."""
    domains, git = run.manifest["domains"], run.manifest.get("git") or {}
    lines = [
        f"# {recipe.name}",
        "",
        f"{recipe.summary} Run `{run.id}`, {run.manifest['created']}.",
        "",
        "## Data",
        f"Labelled: {domains['source']}. Unlabelled: {domains['target']}. Digest of the pair "
        f"`{run.manifest['dataset']['digest']}`.",
        "",
        "## Recipe",
        f"- network: {recipe.network}",
        f"- alignment: {recipe.alignment}",
        f"- optimizer: {recipe.optimizer}",
        f"- training: {recipe.training}",
        f"- backend: {run.manifest.get('backend')}, code {git.get('commit', 'unknown')}",
        "",
        "## Scores of the last epoch",
        "| measure | value | n | interval |",
        "|---|---|---|---|",
    ]
    for name, score in scores.items():
        low, high = score.interval
        lines.append(f"| {name} | {score.value:.4g} | {score.samples} | {low:.4g} to {high:.4g} |")
    lines += [
        "",
        "## Had another epoch been chosen",
        "| rule | epoch | accuracy on the target |",
        "|---|---|---|",
        *(f"| {rule} | {row['epoch']} | {row['target']:.4f} |" for rule, row in chosen.items()),
        "",
        "## Limits",
        "- The target's labels measured it and chose nothing, but for the line called oracle.",
        "- It gives every image one of the source's classes.",
    ]
    path = run.path("model_card.md")
    write_atomically(path, "\n".join(lines) + "\n")
    return path
