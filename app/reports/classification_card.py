"""The model card of a classification run; Markdown."""

from app.reports.card import opening, recipe_lines, score_lines, write_card


def write_classification_card(run, recipe, scores):
    """Writes model_card.md into the run folder; returns its path."""
    recipe = recipe.resolved()
    data, noise = run.manifest["dataset"], run.manifest["label_noise"]
    lines = [
        *opening(run, recipe),
        f"{data['name']} {data['version']}, digest of images and labels as trained on "
        f"`{data['digest']}`.",
        f"Label noise: {noise['kind']}, {noise['wrong']} of {noise['count']} training labels wrong "
        f"({100 * noise['rate']:.2f} %). The labels are in `labels.npy`, in the data set's order, "
        "those of the validation part too.",
        *recipe_lines(run, recipe, "network", "loss", "augmentation", "optimizer", "training"),
        "## Scores",
        "Of the last epoch, on test images with true labels, which chose nothing.",
        "",
        *score_lines(scores),
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
    return write_card(run, lines)
