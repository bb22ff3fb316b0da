"""Which figures an evaluation leaves, and of what: those that its images and features allow."""

import numpy as np

from app.data.subsets import shuffled
from app.metrics.image_text import similarity_matrix
from app.metrics.nearest import nearest_rows
from app.reports.attribute_figures import control_figure
from app.reports.evaluation_figures import (
    captioned_figure,
    neighbours_figure,
    similarity_figure,
)
from app.reports.figures import draw_into_run

SHOWN = 10  # generated images beside their neighbours
NEIGHBOURS = 5
CAPTIONED = 40


def illustrate(run, seen, scores, class_names=()):
    """Draws the figures of an evaluation into `figures/` of a run.

    Args:
        run: an `app.run.Run`.
        seen: the `FeaturePass` of what was measured.
        scores: the Scores by name; what was not measured is not drawn.
        class_names: names of the labels of `seen`.

    Returns:
        Names of the figures drawn.
    """
    drawn = {}
    if seen.labels is not None:
        drawn["samples"] = (captioned_figure, *_captioned(seen, scores, class_names))
    training = seen.reference if seen.training is None else seen.training
    if "nearest_features" in scores:
        drawn["nearest"] = (neighbours_figure, *_neighbours(seen, training))
    if "matching_accuracy" in scores:
        drawn["similarity"] = (similarity_figure, _similarities(seen), class_names, seen.prompts)
    if "attribute_control" in scores:
        drawn["attribute_control"] = (control_figure, scores)
    for name, (figure, *content) in drawn.items():
        draw_into_run(run, name, figure, *content)
    return list(drawn)


def _captioned(seen, scores, class_names):
    """The first images with their classes, and the text most like each where that was measured.

    A text of another class is named: "dog: cat 0.31".
    """
    labels = np.asarray(seen.labels[:CAPTIONED])
    captions = [class_names[label] for label in labels]
    if "matching_accuracy" in scores:
        texts = np.asarray(seen.extractor.embed_text(seen.prompts))
        found = similarity_matrix(seen.generated[0][:CAPTIONED], texts)
        best = found.argmax(1)
        captions = [
            f"{'' if match == label else f'{name}: '}{class_names[match]} {fits[match]:.2f}"
            for name, label, match, fits in zip(captions, labels, best, found, strict=True)
        ]
    return seen.images[:CAPTIONED], captions


def _neighbours(seen, training):
    """Some images, and the training images whose features lie nearest to theirs."""
    chosen = np.sort(shuffled(np.arange(len(seen.images)))[:SHOWN])
    rows = nearest_rows(seen.generated[0][chosen], seen.trained, NEIGHBOURS)
    found = training[rows.reshape(-1)]
    return seen.images[chosen], found.reshape(*rows.shape, *found.shape[1:])


def _similarities(seen):
    """The mean similarity of each class with each text; nan for a class without images."""
    texts = np.asarray(seen.extractor.embed_text(seen.prompts))
    found, labels = similarity_matrix(seen.generated[0], texts), np.asarray(seen.labels)
    table = np.full((len(texts), len(texts)), np.nan)
    for label in np.unique(labels):
        table[label] = found[labels == label].mean(0)
    return table
