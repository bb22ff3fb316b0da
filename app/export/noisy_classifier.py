"""The SavedModel of a classifier of noisy images, checked after it is written."""

import keras
import numpy as np
from keras import ops

from app.export.saved_model import (
    check_logits,
    checked_first,
    without_optimizer,
    write_archive,
)


def export_noisy_classifier(run, model):
    """Writes saved_model/noisy_classifier, (noisy, time) to logits, and model.keras.

    It is not registered in MLflow as samplers are: alone it serves nobody.

    Returns:
        The path of the SavedModel.

    Raises:
        UserError: what was written does not give the same logits when loaded again.
    """
    import tensorflow as tf

    model = without_optimizer(model)
    folder = run.path("saved_model", "noisy_classifier")
    with checked_first(folder) as draft:
        shape = (None, *model.image_shape)
        signature = [
            keras.InputSpec(shape=shape, dtype="float32", name="noisy"),
            keras.InputSpec(shape=(None,), dtype="float32", name="time"),
        ]
        write_archive(
            model, draft, lambda noisy, time: {"logits": model.logits(noisy, time)}, signature
        )
        noisy = np.random.default_rng(0).normal(size=(4, *model.image_shape)).astype("float32")
        time = np.array([0.1, 0.4, 0.7, 1.0], "float32")
        served = tf.saved_model.load(str(draft)).signatures["serving_default"]
        loaded = served(noisy=tf.constant(noisy), time=tf.constant(time))["logits"].numpy()
        own = ops.convert_to_numpy(model.logits(ops.convert_to_tensor(noisy), time))
        check_logits(loaded, own)
        model.save(run.path("model.keras"))
    return folder
