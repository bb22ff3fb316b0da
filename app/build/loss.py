"""From the name in a diffusion recipe to a loss between images."""

import keras
import numpy as np

from app.build.own_code import imported
from app.errors import UserError, first_line


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
