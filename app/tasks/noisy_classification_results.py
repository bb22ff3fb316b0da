"""What a classifier of noisy images leaves behind: weights, accuracy by noise level, SavedModel."""

import numpy as np

from app.build.data import found_in, load_part
from app.export.noisy_classifier import export_noisy_classifier
from app.metrics.accuracy import attribute_accuracy, class_accuracy, most_frequent
from app.metrics.score import Score
from app.models.noisy_classifier import noisy_logits
from app.progress import console
from app.reports.figures import draw_into_run, training_curves
from app.reports.left_behind import leave_scores, say_where
from app.reports.noisy_classification_card import accuracy_figure, write_noisy_classification_card
from app.tracking import Mirror
from app.trained import best_of, load_trained, save_weights

MOST = 10_000  # test images measured


def finish(run, recipe, images, model, averages):
    """Everything that a run leaves behind beside its training log."""
    save_weights(run, model, averages)
    draw_into_run(run, "training", training_curves, run.metrics())
    with best_of(model, averages):
        scores = measure(run, recipe, model, images.test)
        path = export_noisy_classifier(run, model)
    write_noisy_classification_card(run, recipe, scores)
    say_where(run, SavedModel=path)


def evaluate(run, options):
    """Measures the test images again: the verb `evaluate`."""
    recipe, model = load_trained(run, options.weights, "noisy_classification")
    test = load_part(found_in(recipe, options.data_directory).data, "test")
    scores = measure(run, recipe, model, test)
    Mirror(run, say=console.print).push(everything=True)
    return scores


def export(run, options):
    """Writes the SavedModel again: the verb `export`."""
    _, model = load_trained(run, options.weights, "noisy_classification")
    console.print(f"classifier: {export_noisy_classifier(run, model)}")


def measure(run, recipe, model, test):
    """Accuracy on test images by noise level, into scores.json, a figure and the screen.

    Levels are the times 0, 1 / n, ..., 1: at 0 the images are clean, at 1 it falls to chance.
    """
    test = test.first(min(MOST, len(test)))
    times = np.arange(recipe.levels + 1) / recipe.levels
    logits = noisy_logits(model, test.images, times, recipe.evaluation_batch)
    scores = {}
    for time, found in zip(times, logits, strict=True):
        if test.attributes:
            score = attribute_accuracy(found, test.labels)
        else:
            score = class_accuracy(found.argmax(-1), test.labels)
        name = f"accuracy_at_{time:.2f}"
        scores[name] = Score(name, score.value, score.samples, interval=score.interval)
    leave_scores(run, scores)
    chance = most_frequent(test.labels)
    draw_into_run(run, "accuracy", accuracy_figure, times, list(scores.values()), chance)
    return scores
