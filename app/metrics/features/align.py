"""ALIGN as a feature extractor: images and texts in one space of 640 numbers."""

import hashlib

import numpy as np
from keras import ops

from app.diffusion.compiled import compiled
from app.errors import UserError
from app.metrics.features.align_text import TextNetwork
from app.metrics.features.align_vision import VisionNetwork
from app.metrics.features.align_weights import load_align
from app.metrics.features.filled_batches import filled_batches
from app.metrics.features.pixels import check_photographs
from app.metrics.features.word_pieces import WordPieces

RESIZED, CROP = 346, 289  # pixels
LENGTH = 64  # tokens of a text, as ALIGN was trained


class AlignFeatures:
    """Extracts the features of photographs and of texts that ALIGN compares.

    Use it to ask whether images show what a text says, and for the maximum mean discrepancy in a
    space that was learned without labels. Embeddings are not normalised; metrics that compare
    directions do so themselves.

    Args:
        weights: path of the folder with `model.safetensors` (or `pytorch_model.bin`),
            `config.json` and `vocab.txt` of kakaobrain/align-base; None:
            `~/.cache/noisewise/align-base`. Nothing is downloaded.
        batch_size: int, at least 1; images or texts per pass. The last batch is filled up, so
            that one shape is compiled; features do not depend on it.

    Call arguments:
        images: uint8 `(samples, height, width, channels)`, RGB, or grey, which is repeated three
            times; any size; not square ones are squeezed, as published.

    Output shape:
        `(samples, 640)`, float32; `embed_text` gives the same of a list of str.

    Raises:
        UserError: if a file is missing, or is not what it should be.
        ValueError: if `batch_size` is below 1, or the images are not a uint8 batch with one or
            three channels.

    Example:
        ```python
        extractor = AlignFeatures("align-base")
        extractor(np.zeros((2, 32, 32, 3), "uint8")).shape  # (2, 640)
        extractor.embed_text(["a photo of a cat"]).shape  # (1, 640)
        ```

    References:
        Jia et al. 2021, arXiv:2102.05918v2; weights and preprocessing by Kakao Brain, COYO-ALIGN.
    """

    name = "align"
    preprocessing = "antialiased bilinear resize to 346x346, centre crop 289x289, 2 / 255 x - 1"

    def __init__(self, weights=None, batch_size=16):
        if batch_size < 1:
            raise ValueError(f"`batch_size` must be at least 1. Received: batch_size={batch_size}")
        self.batch_size = int(batch_size)
        folder, vision, text, config = load_align(weights)
        words = config["text_config"]
        self.pieces = WordPieces(
            folder / "vocab.txt", min(LENGTH, words["max_position_embeddings"])
        )
        if self.pieces.size > words["vocab_size"]:
            raise UserError(
                f"{folder / 'vocab.txt'} has {self.pieces.size} pieces, but the weights know "
                f"{words['vocab_size']}: the files do not belong together. Get both again."
            )
        self.dimension = config["projection_dim"]
        self.digest = _digest(vision | text, self.pieces.numbers)
        self.vision, self.text = (
            VisionNetwork(vision, config["vision_config"]),
            TextNetwork(text, words),
        )
        self._see = compiled(self.vision, self.vision.variables)
        self._read = compiled(self.text, self.text.variables)

    @property
    def variables(self):
        """The variables that `embed` reads."""
        return self.vision.variables

    def __call__(self, images):
        """Returns the features of images."""
        images = check_photographs(images, "ALIGN")
        return filled_batches(
            lambda batch: self._see(prepare(batch)), self.batch_size, self.dimension, images
        )

    def embed(self, images):
        """Returns embeddings of float images of 0 to 255, a tensor with gradients (for guidance).

        Args:
            images: float32 tensor `(samples, height, width, 3 or 1)`.
        """
        return self.vision(prepare(images))

    def embed_text(self, texts):
        """Returns the features of a list of texts, float32 `(texts, dimension)`."""
        return filled_batches(self._read, self.batch_size, self.dimension, *self.pieces(texts))


def prepare(images):
    """Returns the network's input `(samples, 289, 289, 3)`, a float32 tensor, of images.

    Formula: `resize(images, 346, 346)[28:317, 28:317] * 2 / 255 - 1`, bilinear with antialiasing,
    as Pillow resizes, but without its rounding to whole numbers.

    Args:
        images: `(samples, height, width, channels)`, one or three channels, pixels of 0 to 255.

    Example:
        >>> float(prepare(np.full((1, 8, 8, 1), 255, "uint8"))[0, 0, 0, 2])
        1.0
    """
    resized = ops.image.resize(
        ops.cast(images, "float32"),
        (RESIZED, RESIZED),
        interpolation="bilinear",
        antialias=True,
        data_format="channels_last",
    )
    start = (RESIZED - CROP) // 2
    cropped = resized[:, start : start + CROP, start : start + CROP]
    return ops.repeat(cropped * (2 / 255) - 1, 3 // cropped.shape[-1], axis=-1)


def _digest(tensors, numbers):
    """The sha256 of all tensors and the vocabulary: the same for either kind of file."""
    digest = hashlib.sha256(f"align {RESIZED} {CROP} {LENGTH}".encode())
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(tensors[name], "<f4"))
    digest.update("\n".join(numbers).encode())
    return digest.hexdigest()
