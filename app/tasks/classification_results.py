"""What training a classifier leaves behind: weights, scores, figures, SavedModel, model card."""

import numpy as np

from app.build.data import found_in, load_part
from app.export.classifier import export_classifier, export_classifier_run
from app.metrics.classification import held_out_scores
from app.models.logits import logits_function
from app.progress import console
from app.reports.classification_card import write_classification_card
from app.reports.classification_figures import confusion_figure, learning_curves
from app.reports.figures import draw_into_run
from app.reports.left_behind import leave_scores, say_where
from app.tracking import Mirror
from app.trained import best_of, load_trained, save_weights


def finish(run, recipe, parts, model, averages):
    """Everything that a run leaves behind beside its training log."""
    save_weights(run, model, averages)
    with best_of(model, averages):
        logits = logits_function(model, recipe.evaluation_batch)(parts.test.images)
        scores = held_out_scores(logits, parts.test.labels)
        leave_scores(run, scores)
        path = export_classifier(run, model, parts.test.images[:4])
    draw_into_run(run, "training", learning_curves, run.metrics())
    predicted = logits.argmax(axis=1)
    stuck = stuck_warning(predicted, parts.test.class_names)
    if stuck:
        console.print(f"note: {stuck}")
    draw_into_run(
        run, "confusion", confusion_figure, predicted, parts.test.labels, parts.test.class_names
    )
    write_classification_card(run, recipe, scores)
    say_where(run, SavedModel=path)


def stuck_warning(predicted, class_names):
    """A sentence if all images are called the same, as bounded losses do from a bad start.

    Args:
        predicted: int `(images,)`, indices of classes.
        class_names: names of the classes.

    Returns:
        str, or None where at least two classes are told apart.

    Source: for RCE and NCE, Ma et al. 2020, arXiv:2006.13554, section 3.2 (robust losses underfit).
    """
    found = np.unique(predicted)
    if len(found) != 1:
        return None
    return (
        f"The classifier calls every test image '{class_names[found[0]]}': it has learned nothing. "
        "Try another --training.seed, a smaller --optimizer.learning-rate, or a loss that "
        "underfits less, like --loss.name cross_entropy."
    )


def evaluate(run, options):
    """Measures a classification run again on its test images: the verb `evaluate`."""
    recipe, model = load_trained(run, options.weights, "classification")
    test = load_part(found_in(recipe, options.data_directory).data, "test")
    test = test.first(len(test))
    logits = logits_function(model, recipe.evaluation_batch)(test.images)
    scores = held_out_scores(logits, test.labels)
    leave_scores(run, scores)
    Mirror(run, say=console.print).push(everything=True)
    return scores


def export(run, options):
    """Writes the classifier as a SavedModel again: the verb `export`."""
    _, model = load_trained(run, options.weights, "classification")
    export_classifier_run(run, model)
