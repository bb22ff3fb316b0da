"""The SavedModel of a classifier of noisy images, checked after it is written."""

import shutil

import keras
import numpy as np
from keras import ops

from app.errors import UserError
from app.files import writing

TOLERANCE = 1e-4  # of logits, which a reloaded program may round differently


def export_noisy_classifier(run, model):
    """Writes saved_model/noisy_classifier, (noisy, time) to logits, and model.keras.

    It is not registered in MLflow as samplers are: alone it serves nobody.

    Returns:
        The path of the SavedModel.

    Raises:
        UserError: what was written does not give the same logits when loaded again.
    """
    import tensorflow as tf

    weights = model.get_weights()  # of a copy without optimizer: its state would be saved too
    model = type(model).from_config(model.get_config())
    model.set_weights(weights)
    folder = run.path("saved_model", "noisy_classifier")
    with writing(folder):
        if folder.exists():
            shutil.rmtree(folder)
        archive = keras.export.ExportArchive()
        archive.track(model)
        shape = (None, *model.image_shape)
        archive.add_endpoint(
            "serve",
            lambda noisy, time: {"logits": model.logits(noisy, time)},
            input_signature=[
                keras.InputSpec(shape=shape, dtype="float32", name="noisy"),
                keras.InputSpec(shape=(None,), dtype="float32", name="time"),
            ],
        )
        archive.write_out(str(folder), verbose=False)
        model.save(run.path("model.keras"))
    noisy = np.random.default_rng(0).normal(size=(4, *model.image_shape)).astype("float32")
    time = np.array([0.1, 0.4, 0.7, 1.0], "float32")
    served = tf.saved_model.load(str(folder)).signatures["serving_default"]
    loaded = served(noisy=tf.constant(noisy), time=tf.constant(time))["logits"].numpy()
    own = ops.convert_to_numpy(model.logits(ops.convert_to_tensor(noisy), time))
    difference = float(np.abs(loaded - own).max())
    if difference > TOLERANCE * max(1.0, float(np.abs(loaded).max())):
        raise UserError(
            f"The exported classifier in {folder} differs from the model by {difference:.2g} in "
            "its logits. Do not use it; please report this."
        )
    return folder
