"""From a diffusion recipe to its loss: between images, and between images and texts."""

import keras
import numpy as np

from app import config
from app.build.extractor import build_extractor
from app.build.prompts import class_prompts
from app.data.import_path import imported
from app.errors import UserError, first_line
from app.models.similarity import TextTerm


def build_loss(name: str):
    """A Keras loss by name, or an instance of the user's own `module:Class`; tried out once."""
    pixels = np.full((2, 2, 2, 1), 0.5, "float32")
    try:
        loss = imported(name)() if ":" in name else keras.losses.get(name)
        keras.ops.convert_to_numpy(loss(pixels, pixels)).astype("float32")
    except UserError:
        raise
    except Exception as error:
        raise UserError(
            f"The loss {name!r} cannot compare two batches of images ({type(error).__name__}: "
            f"{first_line(error)}). Pass the name of a Keras loss for numbers, like "
            "mean_squared_error, or module:Class of your own."
        ) from error
    return loss


def build_text_term(recipe: config.Recipe, dataset):
    """The image-text term of a recipe's loss, or None where it has no weight."""
    settings, diffusion = recipe.text_loss, recipe.diffusion
    if settings.weight == 0:
        return None
    extractor = build_extractor(settings.extractor, dataset.image_shape)
    prompts = class_prompts(dataset.class_names, settings.prompt)
    pixel_range = (diffusion.pixel_low, diffusion.pixel_high)
    return TextTerm(extractor, prompts, settings.weight, pixel_range)
