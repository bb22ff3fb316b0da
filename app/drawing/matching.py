"""A classifier of noisy images that fits a run: found by its run, and checked."""

import keras

from app.errors import UserError
from app.run import Run
from app.trained import load_trained


def matching_classifier(reference, run, model):
    """The classifier of a run, if it knows the noisy images of `model`.

    Raises:
        UserError: it was trained on other noise, other images or other classes.
    """
    found = Run.open(reference, run.folder.parent)
    _, classifier = load_trained(found, kind="noisy_classification")
    pairs = {
        "schedule": [keras.saving.serialize_keras_object(m.schedule) for m in (model, classifier)],
        "pixel range": [model.pixel_range, classifier.pixel_range],
        "image shape": [model.image_shape, classifier.image_shape],
    }
    if not other_kind(model, classifier):
        kinds = (model.condition, classifier.condition)
        pairs["condition"] = [keras.saving.serialize_keras_object(kind) for kind in kinds]
    for name, (own, other) in pairs.items():
        if own != other:
            raise UserError(
                f"The classifier of run {found.id} has another {name} than run {run.id}, whose "
                f"noisy images it would not know: {_words(other)} in place of {_words(own)}. Train "
                "one with the same data and --diffusion options: train mnist-noisy-classifier, or "
                "mnist-attributes-noisy-classifier."
            )
    return classifier


def other_kind(model, classifier):
    """Whether a classifier can be asked for what `model` cannot: classes or attributes."""
    return classifier is not None and type(model.condition) is not type(classifier.condition)


def _words(value):
    """A setting as a reader takes it: of a saved object its arguments alone."""
    return value["config"] if isinstance(value, dict) else value
