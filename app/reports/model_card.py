"""The model card of a run: data, recipe, scores, limits; Markdown."""

from app.reports.card import opening, recipe_lines, write_card


def write_model_card(run, recipe, scores):
    """Writes model_card.md into the run folder; returns its path."""
    data = run.manifest["dataset"]
    start = ", start=start" if recipe.diffusion.noise == "images" else ""
    attributes = run.manifest.get("attributes")
    count = len(attributes) if attributes else run.manifest["images"][1] or 10
    rows = f"2 * tf.eye({count}) - 1" if attributes else f"tf.range({count})"
    labels = {
        "none": "It takes no labels: only their number counts.",
        "class": "Labels are the classes of the data set.",
        "attributes": f"Labels are vectors of -1 and +1: {', '.join(attributes or ())}.",
    }
    lines = [
        *opening(run, recipe),
        f"{data['name']} {data['version']}, digest `{data['digest']}`.",
        *recipe_lines(run, recipe, "network", "diffusion", "optimizer", "training", "sampling"),
        "## Scores",
        "| measure | value | n | floor | interval | extractor |",
        "|---|---|---|---|---|---|",
    ]
    for name, score in scores.items():
        interval = "" if score.interval is None else "{:.4g} to {:.4g}".format(*score.interval)
        floor = "" if score.floor is None else f"{score.floor:.4g}"
        lines.append(
            f"| {name} | {score.value:.4g} | {score.samples} | {floor} | {interval} "
            f"| {score.extractor or ''} |"
        )
    lines += [
        "",
        "## Use",
        "```python",
        "import tensorflow as tf",
        f'sampler = tf.saved_model.load("runs/{run.id}/saved_model/sampler")',
        'draw = sampler.signatures["serving_default"]',
        f"images = draw(seed=tf.constant(0), labels={rows}, guidance=tf.constant(0.0),",
        f"              steps=tf.constant({recipe.sampling.steps}), "
        f'first_index=tf.constant(0){start})["images"]',
        "```",
        *(["`start`: uint8 images to start from, one for each label."] if start else []),
        "",
        "## Limits",
        "- It draws what its training images show, with their biases, and nothing else.",
        "- Distances depend on n and on the extractor; compare only equal ones.",
        f"- {labels[recipe.diffusion.condition]}",
    ]
    return write_card(run, lines)
