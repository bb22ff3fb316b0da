"""The model card of a classification run; Markdown."""

from app.files import write_atomically


def write_classification_card(run, recipe, scores):
    """Writes model_card.md into the run folder; returns its path."""
    data, git = run.manifest["dataset"], run.manifest.get("git") or {}
    noise = run.manifest["label_noise"]
    lines = [
        f"# {recipe.name}",
        "",
        f"{recipe.summary} Run `{run.id}`, {run.manifest['created']}.",
        "",
        "## Data",
        f"{data['name']} {data['version']}, digest of images and labels as trained on "
        f"`{data['digest']}`.",
        f"Label noise: {noise['kind']}, {noise['wrong']} of {noise['count']} training labels wrong "
        f"({100 * noise['rate']:.2f} %). The labels are in `labels.npy`.",
        "",
        "## Recipe",
        f"- network: {recipe.network}",
        f"- loss: {recipe.loss}",
        f"- augmentation: {recipe.augmentation}",
        f"- optimizer: {recipe.optimizer}",
        f"- training: {recipe.training}",
        f"- backend: {run.manifest.get('backend')}, code {git.get('commit', 'unknown')}",
        "",
        "## Scores",
        "Of the last epoch, on test images with true labels, which chose nothing.",
        "",
        "| measure | value | n | interval |",
        "|---|---|---|---|",
    ]
    for name, score in scores.items():
        interval = "" if score.interval is None else "{:.4g} to {:.4g}".format(*score.interval)
        lines.append(f"| {name} | {score.value:.4g} | {score.samples} | {interval} |")
    lines += [
        "",
        "## Use",
        "```python",
        "import tensorflow as tf",
        f'classifier = tf.saved_model.load("runs/{run.id}/saved_model/classifier")',
        'probabilities = classifier.signatures["serving_default"](images=images)["probabilities"]',
        "```",
        f"`images`: uint8 (count, {', '.join(map(str, run.manifest['images'][0]))}).",
        "",
        "## Limits",
        "- It knows the classes of its training set and gives every image one of them.",
        "- Its probabilities are those of the loss it was trained with; see the calibration error.",
    ]
    path = run.path("model_card.md")
    write_atomically(path, "\n".join(lines) + "\n")
    return path
