"""Finds, reads and checks a preset of keras-hub: a folder of weights, settings and vocabulary."""

import hashlib
import importlib.util
import json
from pathlib import Path

import numpy as np
from keras import ops

from app.errors import UserError, first_line

CACHE = Path("~/.cache/noisewise")
VOCABULARY = {  # of the tokenizer of each family
    "CLIP": ("vocabulary.json", "merges.txt"),
    "SigLIP": ("vocabulary.spm",),
}
INSTALL = "`pip install -r requirements-pretrained.txt`"


def load_preset(family, preset, name, folder=None):
    """Loads the backbone and the text preprocessor of a preset folder.

    Args:
        family: str; "CLIP" or "SigLIP".
        preset: str; keras-hub's name of the published weights, for the sentence that asks for them.
        name: str; of the extractor, and of the folder in `~/.cache/noisewise`.
        folder: path, as `save_to_preset` writes it, or None: that one. Nothing is downloaded.

    Returns:
        backbone, preprocessor, digest: keras-hub's two objects, and a sha256 of all weights, the
        activation and the vocabulary.

    Raises:
        UserError: if keras-hub or a file is missing, or a file is damaged or of another model.

    Example:
        ```python
        backbone, preprocessor, digest = load_preset("SigLIP", "siglip_base_patch16_224", "siglip")
        ```
    """
    folder = Path(folder or CACHE / name).expanduser()
    vocabulary = [folder / "assets/tokenizer" / file for file in VOCABULARY[family]]
    _check_class(folder / "config.json", f"{family}Backbone", preset)
    _check_class(folder / "tokenizer.json", f"{family}Tokenizer", preset)
    _check_present(family, preset, name, folder, vocabulary)
    try:
        import keras_hub
    except ImportError as error:
        raise UserError(
            f"keras-hub is installed but cannot be loaded ({first_line(error)}). Install what fits "
            f"together: {INSTALL}."
        ) from error
    try:
        models = keras_hub.models
        backbone = getattr(models, f"{family}Backbone").from_preset(str(folder), dtype="float32")
        tokenizer = getattr(models, f"{family}Tokenizer").from_preset(str(folder))
        length = backbone.text_encoder.max_sequence_length
        preprocessor = getattr(models, f"{family}Preprocessor")(tokenizer, sequence_length=length)
    except Exception as error:  # a file can be damaged in many ways
        raise UserError(
            f"The preset {folder} cannot be read: it is damaged, cut off or of another keras-hub "
            f"({first_line(error)}). Get the folder of {preset} again."
        ) from error
    known, read = backbone.text_encoder.vocabulary_size, tokenizer.vocabulary_size()
    if read > known:
        raise UserError(
            f"The vocabulary of {folder} has {read} pieces, but the weights know {known}: the "
            "files do not belong together. Get all of them again."
        )
    return backbone, preprocessor, _digest(backbone, vocabulary)


def _check_class(path, wanted, preset):
    """Refuses a file that describes something else, before anything of it is built."""
    if not path.is_file():
        return
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        found = record.get("class_name") or f"the format of transformers, {record['model_type']}"
    except (ValueError, KeyError, AttributeError, TypeError):
        found = "something else"
    if found != wanted:
        raise UserError(
            f"Expected a keras-hub preset with a {wanted}. Received: {path}, which describes "
            f"{found}. Use the Keras preset {preset}; other formats are not converted."
        )


def _check_present(family, preset, name, folder, vocabulary):
    """Says in one sentence all that is missing, and where to get it."""
    steps = []
    if importlib.util.find_spec("keras_hub") is None:
        steps.append(f"install keras-hub by {INSTALL}")
    files = [folder / name for name in ("config.json", "model.weights.h5", "tokenizer.json")]
    missing = [str(path.relative_to(folder)) for path in files + vocabulary if not path.is_file()]
    if missing:
        page = f"https://www.kaggle.com/models/keras/{family.lower()}/keras/{preset}"
        steps.append(
            f"get {', '.join(missing)} of the Keras preset {preset} from {page} and put them into "
            f"the folder {folder}, or pass the folder that holds them as --extractor-weights"
        )
    if steps:
        raise UserError(
            f"The extractor '{name}' needs keras-hub and published weights, which do not come by "
            f"themselves: {'; '.join(steps)}."
        )


def _digest(backbone, vocabulary):
    """The sha256 of what makes the numbers."""
    encoders = (backbone.vision_encoder, backbone.text_encoder)
    digest = hashlib.sha256(" ".join(each.intermediate_activation for each in encoders).encode())
    for weight in backbone.weights:
        values = np.ascontiguousarray(ops.convert_to_numpy(weight), "<f4")
        digest.update(str(values.shape).encode())
        digest.update(values)
    for path in vocabulary:
        digest.update(path.read_bytes())
    return digest.hexdigest()
