"""What CLIP and SigLIP share: two towers of keras-hub, passed through in batches."""

import hashlib

import numpy as np

from app.diffusion.compiled import compiled
from app.errors import UserError
from app.metrics.features.filled_batches import filled_batches
from app.metrics.features.pixels import check_photographs
from app.metrics.features.preset_folder import load_preset


class PresetEncoder:
    """An image-text encoder of keras-hub as a feature extractor.

    A subclass has a `name`, a `title`, the `family` and the name of its `preset`, perhaps a
    `layout` (pixels of a patch, pixels of a side), says what its `preprocessing` is and does it:
    `prepare(images, size)`. Embeddings are not normalised; metrics that compare directions do so
    themselves.

    Args:
        weights: path of a preset folder; None: `~/.cache/noisewise/NAME`. Nothing is downloaded.
        batch_size: int, at least 1; images or texts per pass. The last batch is filled up, so
            that one shape is compiled; features do not depend on it.

    Raises:
        UserError: if keras-hub or a file is missing, or is not what it should be.
        ValueError: if `batch_size` is below 1.
    """

    layout = None

    def __init__(self, weights=None, batch_size=16):
        if batch_size < 1:
            raise ValueError(f"`batch_size` must be at least 1. Received: batch_size={batch_size}")
        self.batch_size = int(batch_size)
        backbone, self._pieces, digest = load_preset(self.family, self.preset, self.name, weights)
        seen = backbone.vision_encoder
        self.size = seen.image_shape[0]
        found = (seen.patch_size, self.size)
        if self.layout not in (None, found):
            patch, size = self.layout
            raise UserError(
                f"{self.title} looks at patches of {patch} pixels in images of {size}. Received "
                f"weights for patches of {found[0]} in images of {found[1]}. Use the Keras preset "
                f"{self.preset}, or the extractor these weights belong to."
            )
        self.backbone = backbone
        self.dimension = getattr(backbone, "projection_dim", seen.hidden_dim)
        self.digest = hashlib.sha256(f"{self.preprocessing} {digest}".encode()).hexdigest()
        self._see = compiled(backbone.get_vision_embeddings, backbone.variables)
        self._read = compiled(backbone.get_text_embeddings, backbone.variables)

    @property
    def variables(self):
        """The variables that both towers read."""
        return self.backbone.variables

    def __call__(self, images):
        """Returns the features of images, float32 `(samples, dimension)`."""
        images = check_photographs(images, self.title)
        return filled_batches(
            lambda batch: self._see(self.prepare(batch, self.size)),
            self.batch_size,
            self.dimension,
            images,
        )

    def embed(self, images):
        """Returns embeddings of float images of 0 to 255, a tensor with gradients (for guidance).

        Args:
            images: float32 tensor `(samples, height, width, 3 or 1)`.
        """
        return self.backbone.get_vision_embeddings(self.prepare(images, self.size))

    def embed_text(self, texts):
        """Returns the features of a list of texts, float32 `(texts, dimension)`."""
        return filled_batches(self._read, self.batch_size, self.dimension, self.tokens(texts))

    def tokens(self, texts):
        """Returns the pieces of a list of texts by number, int32 `(texts, length)`.

        A text that is too long is cut, and keeps its end token.
        """
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            raise ValueError(f"Expected a list of texts. Received: {texts!r:.80}")
        if not texts:
            return np.zeros((0, self._pieces.sequence_length), np.int32)
        found = self._pieces({"images": None, "prompts": list(texts)})
        return np.asarray(found["token_ids"], np.int32)
