"""The verb `audit`: which training labels look wrong? By the loss of models that never saw them."""

import csv
import dataclasses
import io

import keras
import numpy as np
from scipy import special

from app.build.classifier import compiled_classifier
from app.data.pipeline import FollowEpoch
from app.data.tf_dataset import feed
from app.errors import UserError
from app.files import write_atomically
from app.metrics.ranking import average_precision, precision_at
from app.models.logits import logits_function
from app.progress import bar, console
from app.reports.evaluation_figures import captioned_figure
from app.reports.figures import draw_into_run
from app.run import Run
from app.tasks import classification
from app.tracking import Mirror
from app.trained import recipe_of


def audit(run_id, folds=3, show=50, root="runs"):
    """Ranks the training images of a run by out-of-sample loss, the most suspicious first.

    The data are cut into `folds`; each part is judged by a classifier of the run's own recipe
    trained on the others with the labels as drawn. Writes audit/suspects.csv (index, label,
    predicted class, loss) and a contact sheet; where the clean labels are known it says how many
    of the suspects are really wrong.

    Args:
        run_id: a classification run.
        folds: int >= 2.
        show: int; images on the contact sheet.
        root: folder of all runs.

    Returns:
        int64 `(n,)`; indices of the training images, the most suspicious first.

    Raises:
        UserError: no such run, another kind of run, or too few images for the folds.

    References:
        Northcutt, Jiang, Chuang, "Confident Learning", 2019, arXiv:1911.00068 (self-confidence of
        out-of-sample predictions).
    """
    run = Run.open(run_id, root)
    recipe = recipe_of(run, "classification")
    parts = classification.prepare(recipe)
    if parts.train.digest != run.manifest["dataset"]["digest"]:
        raise UserError(
            f"The data set {parts.train.name} is not the one run {run.id} was trained on (digest "
            f"{parts.train.digest}, recorded {run.manifest['dataset']['digest']})."
        )
    logits = out_of_sample(recipe, parts, folds)
    labels = parts.train.labels
    losses = special.logsumexp(logits, axis=1) - logits[np.arange(len(labels)), labels]
    order = np.argsort(-losses, kind="stable")
    predicted = logits.argmax(axis=1)
    write_atomically(run.path("audit", "suspects.csv"), _table(order, labels, predicted, losses))
    worst = order[:show]
    names = parts.train.class_names
    captions = [f"{names[labels[i]]} ({names[predicted[i]]}?)" for i in worst]
    draw_into_run(run, "suspects", captioned_figure, parts.train.images[worst], captions)
    if parts.drawn.wrong.any():
        _say_precision(parts.drawn.wrong, order, losses, show)
    console.print(f"suspects:     {run.path('audit', 'suspects.csv')}")
    console.print(f"sheet:        {run.path('figures', 'suspects.png')}")
    Mirror(run, say=console.print).push(everything=True)
    return order


def out_of_sample(recipe, parts, folds):
    """Logits `(n, classes)` of each training image, by a model that was trained without it."""
    count = len(parts.train)
    if count < folds * recipe.training.batch_size:
        raise UserError(
            f"{count} training images in {folds} folds leave parts smaller than a batch of "
            f"{recipe.training.batch_size}. Pass fewer --folds."
        )
    fold = np.random.Generator(np.random.PCG64(recipe.training.seed)).permutation(count) % folds
    found = np.empty((count, parts.train.classes), np.float32)
    epochs = recipe.training.epochs
    with bar("auditing", folds * epochs) as show:
        for number in range(folds):
            kept, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
            some = dataclasses.replace(parts, train=parts.train.select(kept), validation=None)
            batches, _ = classification.batches(recipe, some)
            model = compiled_classifier(
                recipe, parts.train.image_shape, parts.train.classes, len(kept)
            )
            progress = keras.callbacks.LambdaCallback(
                on_epoch_end=lambda epoch, logs, done=number * epochs: show(done + epoch + 1)
            )
            model.fit(
                feed(batches),
                epochs=epochs,
                shuffle=False,
                verbose=0,
                callbacks=[FollowEpoch(batches), progress],
            )
            found[held] = logits_function(model, recipe.evaluation_batch)(parts.train.images[held])
    return found


def _table(order, labels, predicted, losses):
    """suspects.csv."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("index", "label", "predicted", "loss"))
    for i in order:
        writer.writerow((int(i), int(labels[i]), int(predicted[i]), f"{losses[i]:.6g}"))
    return text.getvalue()


def _say_precision(wrong, order, losses, show):
    """How many of the suspects are known to be wrong."""
    number = int(wrong.sum())
    console.print(
        f"known wrong labels: {number} of {len(wrong)}. Of the first {show} suspects "
        f"{precision_at(wrong, order, show):.1%} are wrong, of the first {number} "
        f"{precision_at(wrong, order, number):.1%}; average precision "
        f"{average_precision(wrong, losses):.3f} (chance {wrong.mean():.3f})."
    )
