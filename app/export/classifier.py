"""The SavedModel of a classifier, checked after it is written."""

import keras
import numpy as np

from app.export.saved_model import (
    check_logits,
    checked_first,
    without_optimizer,
    write_archive,
)
from app.models.logits import from_uint8, logits_function
from app.progress import console


def export_classifier_run(run, model):
    """The verb `export` on a run whose trained classifier is `model`."""
    shape = run.manifest["images"][0]
    noise = np.random.default_rng(0).integers(0, 256, (4, *shape), dtype=np.uint8)
    console.print(f"classifier: {export_classifier(run, model, noise)}")


def export_classifier(run, model, examples):
    """Writes saved_model/classifier (uint8 images to logits and probabilities) and model.keras.

    Returns:
        The path of the SavedModel.

    Raises:
        UserError: what was written does not give the same logits when loaded again.
    """
    import tensorflow as tf

    model = without_optimizer(model)
    folder = run.path("saved_model", "classifier")
    with checked_first(folder) as draft:

        def classify(images):
            logits = from_uint8(model, images)
            return {"logits": logits, "probabilities": keras.ops.softmax(logits)}

        images = keras.InputSpec(shape=(None, *examples.shape[1:]), dtype="uint8", name="images")
        write_archive(model, draft, classify, [images])
        served = tf.saved_model.load(str(draft)).signatures["serving_default"]
        loaded = served(images=tf.constant(examples))["logits"].numpy()
        check_logits(loaded, logits_function(model)(examples))
        model.save(run.path("model.keras"))
    return folder
