"""What training a classifier leaves behind: weights, scores, figures, SavedModel, model card."""

import json

from app.data import load
from app.export_classifier import export_classifier
from app.files import write_atomically
from app.metrics.classification import held_out_scores
from app.models.logits import logits_function
from app.progress import console
from app.reports.classification_card import write_classification_card
from app.reports.classification_figures import confusion_figure, learning_curves
from app.reports.figures import draw_into_run
from app.reports.tables import scores_table
from app.tracking import Mirror
from app.trained import best_of, load_trained, save_weights


def finish(run, recipe, parts, model, averages):
    """Everything that a run leaves behind beside its training log."""
    save_weights(run, model, averages)
    with best_of(model, averages):
        logits = logits_function(model, recipe.evaluation_batch)(parts.test.images)
        scores = write_scores(run, logits, parts.test.labels)
        path = export_classifier(run, model, parts.test.images[:4])
    draw_into_run(run, "training", learning_curves, run.metrics())
    predicted = logits.argmax(axis=1)
    draw_into_run(
        run, "confusion", confusion_figure, predicted, parts.test.labels, parts.test.class_names
    )
    write_classification_card(run, recipe, scores)
    megabytes = run.disk_use()["total"] / 1e6
    console.print(f"run id:       {run.id}")
    console.print(f"SavedModel:   {path}")
    console.print(f"disk use:     {megabytes:.0f} MB in {run.folder}")


def evaluate_classifier(run, weights="best"):
    """Measures a classification run again on its test images: the verb `evaluate`.

    Args:
        run: a `Run` of kind classification.
        weights: "raw", "ema", "swa" or "best".
    """
    recipe, model = load_trained(run, weights, "classification")
    options = {"directory": recipe.data.directory, "size": recipe.data.size}
    test = load(recipe.data.name, split="test", **options)
    test = test.first(len(test))
    scores = write_scores(
        run, logits_function(model, recipe.evaluation_batch)(test.images), test.labels
    )
    Mirror(run, say=console.print).push(everything=True)
    return scores


def write_scores(run, logits, labels):
    """Scores on the clean test images, into scores.json and onto the screen."""
    scores = held_out_scores(logits, labels)
    values = {name: score.as_dict() for name, score in scores.items()}
    write_atomically(run.path("scores.json"), json.dumps(values, indent=2))
    console.print(scores_table(scores))
    return scores
