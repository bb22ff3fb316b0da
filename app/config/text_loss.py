"""A term of the loss that asks whether clean estimates show what their class says."""

from __future__ import annotations

from dataclasses import dataclass

from app.config.readers import check_read
from app.config.validation import check_types, require


@dataclass(frozen=True, kw_only=True)
class TextLoss:
    """An image-text term of a denoiser's loss."""

    weight: float = 0.0
    """Weight of 1 - similarity of clean estimate and class text, times signal rate^2 (0: none)."""
    extractor: str = "image-text"
    """Encoder of images and texts: image-text, clip-vit-b32, clip-vit-l14-336, siglip, align."""
    prompt: str | None = None
    """Text a class, {} the class (unset: a photo of a {}, for digits a handwritten digit {})."""

    def __post_init__(self):
        check_types(self)
        require(self.weight >= 0, f"`weight` must be 0 or above. Received: {self.weight}.")
        require(
            self.prompt is None or "{}" in self.prompt,
            f"`prompt` must hold {{}}, the place of the class. Received: {self.prompt!r}.",
        )
        check_read(text_loss=self)
