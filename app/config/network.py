"""Which network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from app.config.validation import positive, require


@dataclass(frozen=True, kw_only=True)
class PlainCNN:
    """The plain CNN denoiser of the reports (no down-sampling)."""

    channels: tuple[int, ...] = (16, 32, 32, 16)
    """Channels of each block."""
    kernel_size: int = 7
    """Height and width of the kernels, pixels."""
    normalization: Literal["all", "channels"] = "all"
    """LayerNorm over channels and pixels, or over channels alone."""


@dataclass(frozen=True, kw_only=True)
class Unet:
    """The U-Net of DDPM."""

    width: int = 128
    """Channels of the first level."""
    multipliers: tuple[int, ...] = (1, 2, 2, 2)
    """Channels of each level, in units of width."""
    blocks: int = 2
    """Residual blocks a level on the way down (one more on the way up)."""
    attention_resolutions: tuple[int, ...] = (16,)
    """Heights (pixels) at which attention is used."""
    heads: int = 1
    """Attention heads."""
    dropout: float = 0.0
    """Dropout in residual blocks, [0, 1)."""
    patch_size: int = 1
    """Pixels folded into channels before the first convolution, each way (1: none)."""

    def __post_init__(self):
        positive(self, "width", "blocks", "heads", "patch_size")
        require(0 <= self.dropout < 1, f"`dropout` must be in [0, 1). Received: {self.dropout}.")


@dataclass(frozen=True, kw_only=True)
class CustomNetwork:
    """A network of the user's own."""

    path: str = ""
    """`module:Class`; called with image_size, image_channels, classes and `arguments`."""
    arguments: dict[str, str | int | float] = field(default_factory=dict)
    """Further constructor arguments."""


Network = PlainCNN | Unet | CustomNetwork
