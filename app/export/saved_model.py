"""What the exports of all kinds share: a bare copy of the model, an archive, its check."""

import contextlib
import shutil

import keras
import numpy as np

from app.errors import UserError
from app.files import writing

LOGITS_TOLERANCE = 1e-4  # of logits, which a reloaded program may round differently


def without_optimizer(model):
    """A copy of a model without its optimizer, whose state would be exported too."""
    weights = model.get_weights()
    copy = type(model).from_config(model.get_config())
    copy.set_weights(weights)
    return copy


@contextlib.contextmanager
def checked_first(folder):
    """A draft of a folder, which takes its place once the block has written and checked it.

    What fails its check is removed, and an older export stays.

    Example:
        ```python
        with checked_first(run.path("saved_model")) as draft:
            write_archive(model, draft / "sampler", function, signature)
        ```
    """
    draft = folder.with_name(f".{folder.name}.new")
    with writing(folder):
        shutil.rmtree(draft, ignore_errors=True)
        try:
            yield draft
            shutil.rmtree(folder, ignore_errors=True)
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def write_archive(model, folder, function, signature):
    """Writes one SavedModel; inputs are named as the arguments."""
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", function, input_signature=signature)
    archive.write_out(str(folder), verbose=False)


def check_logits(loaded, own):
    """Compares the logits of a reloaded classifier with the model's own.

    Raises:
        UserError: they differ by more than rounding.
    """
    difference = float(np.abs(loaded - own).max())
    if difference > LOGITS_TOLERANCE * max(1.0, float(np.abs(loaded).max())):
        raise UserError(
            f"The exported classifier differs from the model by {difference:.2g} in its logits. It "
            "was not kept; please report this."
        )
