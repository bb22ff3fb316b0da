"""An experiment that trains a classifier of noisy images, for guidance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from app.config.data import Data
from app.config.diffusion import Diffusion
from app.config.network import CustomNetwork
from app.config.training import Optimizer, Training
from app.config.validation import all_positive, between, check_types, positive, require


@dataclass(frozen=True, kw_only=True)
class NoisyEncoder:
    """The way down of a U-Net, and a dense layer with one logit a class or attribute."""

    width: int = 32
    """Channels of the first level."""
    multipliers: tuple[int, ...] = (1, 2, 4)
    """Channels of each level, in units of width."""
    blocks: int = 1
    """Residual blocks a level."""
    attention_resolutions: tuple[int, ...] = ()
    """Heights of the feature maps (pixels, after patching) at which attention is used."""
    patch_size: int = 1
    """Pixels folded into channels before the first convolution, each way (1: none)."""
    dropout: float = 0.1
    """Dropout in residual blocks, [0, 1)."""
    groups: int = 32
    """Groups of the normalisation; with one channel a group it takes out the time."""

    def __post_init__(self):
        check_types(self)
        positive(self, "width", "blocks", "groups", "patch_size")
        require(self.width >= 4, f"`width` must be at least 4. Received: {self.width}.")
        all_positive(self, "multipliers")
        require(0 <= self.dropout < 1, f"`dropout` must be in [0, 1). Received: {self.dropout}.")


@dataclass(frozen=True, kw_only=True)
class NoisyClassification:
    """A whole experiment: a classifier of noisy images, whose gradient guides a denoiser.

    It learns what its data have: classes, or attributes.
    """

    kind: ClassVar[str] = "noisy_classification"

    name: str
    """Name of the recipe; runs and the registered model carry it."""
    summary: str = ""
    """One line for the list of recipes."""
    data: Data = field(default_factory=Data)
    network: NoisyEncoder | CustomNetwork = field(default_factory=NoisyEncoder)
    diffusion: Diffusion = field(default_factory=Diffusion)
    """Of it the schedule, the training times and the pixel range count: those of the denoiser."""
    optimizer: Optimizer = field(default_factory=Optimizer)
    training: Training = field(default_factory=Training)
    levels: int = 10
    """Noise levels, evenly spread times, at which the accuracy is measured at the end."""
    evaluation_batch: int = 250
    """Images a step while measuring (without effect on the result)."""

    def __post_init__(self):
        check_types(self)
        positive(self, "evaluation_batch")
        between(self, 1, 100, "levels")
        require(self.name.strip() != "", "`name` must name the recipe. Received: nothing.")
        require(
            self.data.validation_fraction > 0,
            "`data.validation_fraction` must be above 0: this classifier is watched by its "
            "validation loss. Received: 0.",
        )
        require(
            self.diffusion.condition == "none",
            "`diffusion.condition` must be none: a classifier is not told what it is to find. "
            f"Received: {self.diffusion.condition}.",
        )
        require(
            self.diffusion.noise == "gaussian",
            "`diffusion.noise` must be gaussian: guidance follows the score of Gaussian noise. "
            f"Received: {self.diffusion.noise}.",
        )
