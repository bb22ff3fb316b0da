"""The model card of an adaptation run; Markdown."""

from app.reports.card import opening, recipe_lines, score_lines, write_card


def write_adaptation_card(run, recipe, scores, chosen):
    """Writes model_card.md into the run folder; returns its path."""
    domains = run.manifest["domains"]
    lines = [
        *opening(run, recipe),
        f"Labelled: {domains['source']}. Unlabelled: {domains['target']}. Digest of the pair "
        f"`{run.manifest['dataset']['digest']}`.",
        *recipe_lines(run, recipe, "network", "alignment", "optimizer", "training"),
        "## Scores of the last epoch",
        *score_lines(scores),
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
    return write_card(run, lines)
