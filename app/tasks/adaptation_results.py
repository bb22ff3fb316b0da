"""What adaptation leaves behind: weights, scores, feature maps, a SavedModel, the model card."""

import contextlib
import functools
import json

import numpy as np

from app.build.adaptation import build_adaptation, load_domain
from app.build.data import found_in
from app.export.classifier import export_classifier, export_classifier_run
from app.files import write_atomically
from app.metrics.accuracy import class_accuracy
from app.metrics.score import Score
from app.metrics.selection import selection
from app.models.logits import logits_function
from app.models.statistics import adapted
from app.progress import console
from app.reports.adaptation_card import write_adaptation_card
from app.reports.adaptation_figures import features_figure
from app.reports.classification_figures import confusion_figure
from app.reports.figures import draw_into_run
from app.reports.left_behind import leave_scores, say_where
from app.tracking import Mirror
from app.trained import best_of, load_trained, save_weights

SHOWN = 250  # images of each domain in the feature maps


def finish(run, recipe, parts, model, averages):
    """Everything that a run leaves behind beside its training log."""
    as_served = functools.partial(served, recipe, model, parts.target.images)
    save_weights(run, model, averages, as_served)
    tests = {"source": parts.source_test, "target": parts.target_test}
    with best_of(model, averages), as_served():
        scores = _scores(run, recipe, tests, model)
        _draw_features(run, recipe, parts, model)
        path = export_classifier(run, model.classifier(), parts.target_test.images[:4])
    chosen = selection(run.metrics())
    write_atomically(run.path("selection.json"), json.dumps(chosen, indent=1))
    write_adaptation_card(run, recipe, scores, chosen)
    for rule, row in chosen.items():
        console.print(f"epoch {row['epoch']:>3} by {rule}: target {row['target']:.2%}")
    say_where(run, SavedModel=path)


def served(recipe, model, target_images):
    """The model as it is measured and served: with the target's statistics, where it wants them."""
    if not recipe.alignment.target_statistics:
        return contextlib.nullcontext()
    return adapted(model.backbone, target_images, recipe.evaluation_batch)


def evaluate(run, options):
    """Measures the test images of both domains again: the verb `evaluate`."""
    recipe, model = load_trained(run, options.weights, "adaptation")
    found = found_in(recipe, options.data_directory)
    tests = {domain: load_domain(found, domain, "test") for domain in ("source", "target")}
    scores = _scores(run, recipe, tests, model)
    Mirror(run, say=console.print).push(everything=True)
    return scores


def export(run, options):
    """Writes the classifier, without domain heads, as a SavedModel again: the verb `export`."""
    _, model = load_trained(run, options.weights, "adaptation")
    export_classifier_run(run, model.classifier())


def _scores(run, recipe, tests, model):
    """Accuracy on the test images of both domains, into scores.json, figures and the screen."""
    logits, scores = logits_function(model, recipe.evaluation_batch), {}
    for domain, part in tests.items():
        predicted = logits(part.images).argmax(axis=1)
        found, name = class_accuracy(predicted, part.labels), f"{domain}_test_accuracy"
        scores[name] = Score(name, found.value, found.samples, interval=found.interval)
    draw_into_run(run, "confusion", confusion_figure, predicted, part.labels, part.class_names)
    leave_scores(run, scores)
    return scores


def _draw_features(run, recipe, parts, model):
    """Where both domains lie, before training and after it."""
    before = build_adaptation(recipe, parts.train.image_shape, parts.train.classes, 1)
    shown = {"source": parts.source_test, "target": parts.target_test}
    random = np.random.default_rng(0)
    rows = {
        domain: random.permutation(len(part))[: min(SHOWN, len(part))]
        for domain, part in shown.items()
    }
    stages = {}
    for title, network in {"before": before.backbone, "after": model.backbone}.items():
        features = logits_function(network, recipe.evaluation_batch)
        stages[title] = {
            domain: features(part.images[rows[domain]]) for domain, part in shown.items()
        }
    labels = {domain: part.labels[rows[domain]] for domain, part in shown.items()}
    draw_into_run(run, "features", features_figure, stages, labels, parts.train.class_names)
