"""The SavedModel of a classifier, checked after it is written."""

import shutil

import keras
import numpy as np

from app.errors import UserError
from app.files import writing
from app.models.logits import from_uint8, logits_function
from app.progress import console

TOLERANCE = 1e-4  # of logits, which a reloaded program may round differently


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

    weights = model.get_weights()  # of a copy without optimizer: its state would be saved too
    model = type(model).from_config(model.get_config())
    model.set_weights(weights)
    folder = run.path("saved_model", "classifier")
    with writing(folder):
        if folder.exists():
            shutil.rmtree(folder)
        archive = keras.export.ExportArchive()
        archive.track(model)

        def classify(images):
            logits = from_uint8(model, images)
            return {"logits": logits, "probabilities": keras.ops.softmax(logits)}

        images = keras.InputSpec(shape=(None, *examples.shape[1:]), dtype="uint8", name="images")
        archive.add_endpoint("serve", classify, input_signature=[images])
        archive.write_out(str(folder), verbose=False)
        model.save(run.path("model.keras"))
    served = tf.saved_model.load(str(folder)).signatures["serving_default"]
    loaded = served(images=tf.constant(examples))["logits"].numpy()
    difference = float(np.abs(loaded - logits_function(model)(examples)).max())
    if difference > TOLERANCE * max(1.0, float(np.abs(loaded).max())):
        raise UserError(
            f"The exported classifier in {folder} differs from the model by {difference:.2g} in "
            "its logits. Do not use it; please report this."
        )
    return folder
