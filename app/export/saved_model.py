"""What the exports of all kinds share: a bare copy of the model, an archive, its check."""

import shutil

import keras
import numpy as np

from app.errors import UserError

LOGITS_TOLERANCE = 1e-4  # of logits, which a reloaded program may round differently


def without_optimizer(model):
    """A copy of a model without its optimizer, whose state would be exported too."""
    weights = model.get_weights()
    copy = type(model).from_config(model.get_config())
    copy.set_weights(weights)
    return copy


def write_archive(model, folder, function, signature):
    """Writes one SavedModel in the place of an old one; inputs are named as the arguments."""
    if folder.exists():
        shutil.rmtree(folder)
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", function, input_signature=signature)
    archive.write_out(str(folder), verbose=False)


def check_logits(loaded, own, folder):
    """Compares the logits of a reloaded classifier with the model's own.

    Raises:
        UserError: they differ by more than rounding.
    """
    difference = float(np.abs(loaded - own).max())
    if difference > LOGITS_TOLERANCE * max(1.0, float(np.abs(loaded).max())):
        raise UserError(
            f"The exported classifier in {folder} differs from the model by {difference:.2g} in "
            "its logits. Do not use it; please report this."
        )
