"""How well float images fit texts, with gradients: for guidance and for a term of the loss."""

import keras
from keras import ops

from app.errors import UserError
from app.metrics.features.image_text_network import unit
from app.metrics.mmd import unit_rows


def similarity(extractor, images, texts, pixel_range):
    """Returns the cosine of each image with its own text, differentiable.

    Pixels beyond the range are cut off before the encoder sees them; gradients pass as if they were
    not, so that an image that overshoots is still told where to go.

    Formula: `sum(unit(embed(255 (clip(image) - low) / (high - low))) * text)`.

    Args:
        extractor: an image-text extractor, with `embed`.
        images: float (batch, height, width, channels).
        texts: float (batch, dimension), rows of length one, as `text_rows` gives them.
        pixel_range: (black, white) of the images as floats.

    Returns:
        float32 (batch,) in [-1, 1].

    Example:
        ```python
        similarity(ImageTextFeatures(), images, text_rows(extractor, ["a photo of a cat"]), (-1, 1))
        ```
    """
    low, high = pixel_range
    seen = images + ops.stop_gradient(ops.clip(images, low, high) - images)
    embedded = unit(ops.cast(extractor.embed((seen - low) * (255.0 / (high - low))), "float32"))
    return ops.sum(embedded * ops.cast(texts, "float32"), axis=-1)


def text_rows(extractor, texts):
    """Returns the embeddings of a list of texts, float32 (texts, dimension), rows of length one.

    Raises:
        UserError: the extractor knows no texts.
    """
    if not hasattr(extractor, "embed_text"):
        raise UserError(
            f"The extractor '{extractor.name}' knows no texts. Choose one of images and texts: "
            "image-text, clip-vit-b32, clip-vit-l14-336, siglip, align."
        )
    return unit_rows(extractor.embed_text(texts)).astype("float32")


class TextTerm(keras.losses.Loss):
    """A term of a denoiser's loss: how far its clean estimates are from what their labels say.

    Use it as `DiffusionModel.compile(text_term=...)`. It weighs `signal_rate^2`: where an image
    drowns in noise, the estimate is a blur that no text should be asked of.

    Formula: `weight * mean(signal_rate^2 * (1 - similarity(clean estimate, prompt of the label)))`.

    Args:
        extractor: an image-text extractor.
        prompts: list of texts, one a class.
        weight: float >= 0; in units of the loss.
        pixel_range: (black, white) as floats.

    Call arguments:
        y_true: labels int (batch,). y_pred: clean estimates (batch, height, width, channels).

    Example:
        ```python
        term = TextTerm(ImageTextFeatures(), ["a handwritten digit 0", ...], 0.01, (-1, 1))
        ```
    """

    def __init__(self, extractor, prompts, weight, pixel_range):
        super().__init__(name="text_term")
        self.extractor = extractor
        self.texts = text_rows(extractor, prompts)
        self.weight = float(weight)
        self.pixel_range = tuple(pixel_range)

    def call(self, y_true, y_pred):
        """Returns one number an image."""
        texts = ops.take(ops.convert_to_tensor(self.texts), ops.cast(y_true, "int32"), axis=0)
        return self.weight * (1.0 - similarity(self.extractor, y_pred, texts, self.pixel_range))
