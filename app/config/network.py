"""Which network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from app.config.validation import all_positive, check_types, import_path, positive, require

Kernel = Literal["standard", "memory_efficient", "flash"]


@dataclass(frozen=True, kw_only=True)
class PlainCNN:
    """The plain CNN denoiser of the reports (no down-sampling)."""

    channels: tuple[int, ...] = (16, 32, 32, 16)
    """Channels of each block."""
    kernel_size: int = 7
    """Height and width of the kernels, pixels."""
    normalization: Literal["all", "channels"] = "all"
    """LayerNorm over channels and pixels, or over channels alone."""

    def __post_init__(self):
        check_types(self)
        all_positive(self, "channels")
        require(
            self.kernel_size > 0 and self.kernel_size % 2 == 1,
            f"`kernel_size` must be odd and positive. Received: {self.kernel_size}.",
        )


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
    """Heights of the feature maps (pixels, after patching) at which attention is used."""
    middle_attention: bool = True
    """Attention between the two middle blocks too."""
    downsample: Literal["convolution", "max_pool"] = "convolution"
    """How the resolution is halved."""
    upsample: Literal["convolution", "bilinear"] = "convolution"
    """How it is doubled: nearest neighbour and a convolution, or bilinear."""
    heads: int = 1
    """Attention heads."""
    dropout: float = 0.0
    """Dropout in residual blocks, [0, 1)."""
    groups: int = 32
    """Groups of the normalisation; with one channel a group it takes out time and condition."""
    patch_size: int = 1
    """Pixels folded into channels before the first convolution, each way (1: none)."""
    kernel: Kernel = "standard"
    """How attention is computed: same weights and results, other memory and time."""

    def __post_init__(self):
        check_types(self)
        positive(self, "width", "blocks", "heads", "groups", "patch_size")
        require(
            self.width >= 4,
            f"`width` must be at least 4. Received: {self.width}.",
        )
        all_positive(self, "multipliers")
        for multiplier in set(self.multipliers):
            require(
                self.width * multiplier % self.heads == 0,
                f"`heads` must divide the channels of each level ({self.width * multiplier}). "
                f"Received: {self.heads}.",
            )
        require(0 <= self.dropout < 1, f"`dropout` must be in [0, 1). Received: {self.dropout}.")


@dataclass(frozen=True, kw_only=True)
class DiT:
    """The diffusion transformer; the defaults are DiT-S/2.

    Width, depth and heads of XS: 192, 6, 6; S: 384, 12, 6; B: 768, 12, 12; L: 1024, 24, 16; XL:
    1152, 28, 16.
    """

    patch_size: int = 2
    """Side of a patch, pixels; must divide the image's side. A token a patch."""
    width: int = 384
    """Channels of a token; a multiple of 4 and of the heads."""
    depth: int = 12
    """Blocks."""
    heads: int = 6
    """Attention heads."""
    expansion: float = 4.0
    """Hidden width of a block's second branch, in units of width."""
    kernel: Kernel = "standard"
    """How attention is computed: same weights and results, other memory and time."""

    def __post_init__(self):
        check_types(self)
        positive(self, "patch_size", "width", "depth", "heads", "expansion")
        require(
            self.width % 4 == 0 and self.width % self.heads == 0,
            f"`width` must be a multiple of 4 and of `heads` ({self.heads}). "
            f"Received: {self.width}.",
        )


@dataclass(frozen=True, kw_only=True)
class CustomNetwork:
    """A network of the user's own."""

    path: str = ""
    """`module:Class`; called with image_size, image_channels, classes, `arguments`, and attributes
    where they are the condition."""
    arguments: dict[str, str | int | float] = field(default_factory=dict)
    """Further constructor arguments."""

    def __post_init__(self):
        check_types(self)
        import_path(self, "path")


Network = PlainCNN | Unet | DiT | CustomNetwork


def deaf_warning(network) -> str | None:
    """A sentence if a level of a network has one channel a group of normalisation, else None.

    Time and condition are added to the channels, and normalising each channel by itself takes out
    again what was added to it.
    """
    if not hasattr(network, "groups"):
        return None
    channels = network.width * min(network.multipliers)
    if network.groups < channels:
        return None
    return (
        f"With {network.groups} groups of normalisation a level of {channels} channels has one "
        "channel a group, which takes out again what time and condition add to it. Pass "
        f"--network.groups {max(1, channels // 4)}."
    )
