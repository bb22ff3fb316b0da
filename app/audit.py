"""The verb `audit`: which training labels look wrong? By the loss of models that never saw them."""

import csv
import dataclasses
import io
import json

import keras
import numpy as np
from scipy import special

from app.build.classifier import compiled_classifier
from app.data.feed import feed
from app.data.pipeline import FollowEpoch
from app.errors import UserError
from app.files import write_atomically, writing
from app.metrics.ranking import average_precision, precision_at
from app.metrics.score import Score
from app.models.logits import logits_function
from app.progress import bar, console
from app.reports.evaluation_figures import captioned_figure
from app.reports.figures import draw_into_run
from app.reports.left_behind import leave_scores
from app.run import Run
from app.tasks import classification
from app.tracking import Mirror
from app.trained import recipe_of
from callbacks import InterruptGuard


def audit(run_id, folds=3, show=50, root="runs"):
    """Ranks the training images of a run by out-of-sample loss, the most suspicious first.

    The data are cut into `folds`; each part is judged by a classifier of the run's own recipe
    trained on the others with the labels as drawn. Writes audit/suspects.csv and a contact sheet:
    image `index` of `load(name, split="train")`, the `row` of it among the images trained on, its
    label, the class predicted, the loss in nats. Where the clean labels are known, it says how
    many of the suspects are really wrong: in audit/precision.json, and among the scores. What a
    fold found is kept in audit/ too: a stopped audit goes on after its last whole fold.

    Args:
        run_id: a classification run.
        folds: int >= 2.
        show: int; images on the contact sheet.
        root: folder of all runs.

    Returns:
        int64 `(n,)`; rows of the images trained on, the most suspicious first.

    Raises:
        UserError: no such run, another kind of run, or too few images for the folds.
        KeyboardInterrupt: it was stopped.

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
    try:
        logits = out_of_sample(run, recipe, parts, folds)
    except KeyboardInterrupt as stop:
        words = "Stopped. The same command goes on after the last whole fold."
        raise KeyboardInterrupt(words) from stop
    labels = parts.train.labels
    losses = special.logsumexp(logits, axis=1) - logits[np.arange(len(labels)), labels]
    order = np.argsort(-losses, kind="stable")
    predicted = logits.argmax(axis=1)
    table = _table(order, parts.places, labels, predicted, losses)
    write_atomically(run.path("audit", "suspects.csv"), table)
    worst = order[:show]
    names = parts.train.class_names
    captions = [f"{names[labels[i]]} ({names[predicted[i]]}?)" for i in worst]
    draw_into_run(run, "suspects", captioned_figure, parts.train.images[worst], captions)
    if parts.drawn.wrong.any():
        _leave_precision(run, parts.drawn.wrong, order, losses, show, folds)
    console.print(f"suspects:     {run.path('audit', 'suspects.csv')}")
    console.print(f"sheet:        {run.path('figures', 'suspects.png')}")
    Mirror(run, say=console.print).push(everything=True)
    return order


def out_of_sample(run, recipe, parts, folds):
    """Logits `(n, classes)` of each training image, by a model that was trained without it.

    Those of a fold are kept in the run as soon as they are known, and are not computed again.
    """
    count = len(parts.train)
    if count - -(-count // folds) < recipe.training.batch_size:
        raise UserError(
            f"Without one of {folds} parts, {count} training images are fewer than a batch of "
            f"{recipe.training.batch_size}. Pass more --folds, or audit a run of smaller batches."
        )
    fold = np.random.Generator(np.random.PCG64(recipe.training.seed)).permutation(count) % folds
    found = np.empty((count, parts.train.classes), np.float32)
    epochs = recipe.training.epochs
    with bar("auditing", folds * epochs) as show:
        for number in range(folds):
            held = np.flatnonzero(fold == number)
            path = run.path("audit", f"fold-{number + 1}-of-{folds}.npy")
            logits = _kept(path, (len(held), parts.train.classes))
            if logits is None:
                done = number * epochs
                logits = _judged(recipe, parts, held, lambda epoch, done=done: show(done + epoch))
                _keep(path, logits)
            found[held] = logits
            show((number + 1) * epochs)
    return found


def _judged(recipe, parts, held, told):
    """Logits of the images `held`, by a model that is trained on the others; epochs are `told`."""
    kept = np.setdiff1d(np.arange(len(parts.train)), held)
    some = dataclasses.replace(parts, train=parts.train.select(kept), validation=None)
    batches, _ = classification.batches(recipe, some)
    model = compiled_classifier(recipe, parts.train.image_shape, parts.train.classes, len(kept))
    progress = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: told(epoch + 1))
    model.fit(
        feed(batches),
        epochs=recipe.training.epochs,
        shuffle=False,
        verbose=0,
        callbacks=[FollowEpoch(batches), InterruptGuard(), progress],
    )
    return logits_function(model, recipe.evaluation_batch)(parts.train.images[held])


def _kept(path, shape):
    """The logits of a fold that an audit before has left; None where there are none, or damaged."""
    try:
        logits = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return logits if logits.shape == shape else None


def _keep(path, logits):
    """Writes the logits of a fold whole or not at all."""
    unfinished = path.with_name(f".{path.name}.part.npy")
    with writing(path):
        np.save(unfinished, logits)
        unfinished.replace(path)


def _table(order, places, labels, predicted, losses):
    """suspects.csv."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("index", "row", "label", "predicted", "loss"))
    for i in order:
        row = int(places[i]), int(i), int(labels[i]), int(predicted[i]), f"{losses[i]:.6g}"
        writer.writerow(row)
    return text.getvalue()


def _leave_precision(run, wrong, order, losses, show, folds):
    """How many of the suspects are known to be wrong: into the run, and onto the screen."""
    count, number, show = len(wrong), int(wrong.sum()), min(show, len(wrong))
    found = {
        "audit_precision": (precision_at(wrong, order, number), number),
        "audit_precision_first": (precision_at(wrong, order, show), show),
        "audit_average_precision": (average_precision(wrong, losses), count),
    }
    facts = {"images": count, "wrong": number, "chance": number / count, "folds": folds}
    values = {name: {"value": value, "samples": n} for name, (value, n) in found.items()}
    write_atomically(run.path("audit", "precision.json"), json.dumps(facts | values, indent=2))
    note = f"of {count} labels {number} are known to be wrong: chance {number / count:.3f}"
    leave_scores(run, {name: Score(name, *pair, note=note) for name, pair in found.items()})
    console.print(
        f"known wrong labels: {number} of {count}. Of the first {show} suspects "
        f"{found['audit_precision_first'][0]:.1%} are wrong, of the first {number} "
        f"{found['audit_precision'][0]:.1%}; average precision "
        f"{found['audit_average_precision'][0]:.3f} (chance {number / count:.3f})."
    )
