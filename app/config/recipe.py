"""A whole diffusion experiment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from app.config.data import Data
from app.config.diffusion import Diffusion, Sampling
from app.config.fitting import check_drawing
from app.config.network import Network, Unet
from app.config.noise import check_sampler
from app.config.readers import check_read
from app.config.text_loss import TextLoss
from app.config.training import Evaluation, Optimizer, Training, Watching
from app.config.validation import check_types, require


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A whole experiment."""

    kind: ClassVar[str] = "diffusion"

    name: str
    """Name of the recipe; runs and the registered model carry it."""
    summary: str = ""
    """One line for the list of recipes."""
    data: Data = field(default_factory=Data)
    network: Network = field(default_factory=Unet)
    diffusion: Diffusion = field(default_factory=Diffusion)
    text_loss: TextLoss = field(default_factory=TextLoss)
    optimizer: Optimizer = field(default_factory=Optimizer)
    training: Training = field(default_factory=Training)
    sampling: Sampling = field(default_factory=Sampling)
    watching: Watching = field(default_factory=Watching)
    evaluation: Evaluation = field(default_factory=Evaluation)

    def __post_init__(self):
        check_types(self)
        require(self.name.strip() != "", "`name` must name the recipe. Received: nothing.")
        require(
            self.data.validation_fraction > 0,
            "`data.validation_fraction` must be above 0: a denoiser is watched by its validation "
            "loss. Received: 0.",
        )
        require(
            self.sampling.steps <= self.diffusion.steps,
            f"`sampling.steps` must not exceed `diffusion.steps` ({self.diffusion.steps}). "
            f"Received: {self.sampling.steps}.",
        )
        check_drawing(self.diffusion, self.sampling)
        require(
            self.sampling.guidance == 0 or self.diffusion.condition != "none",
            "`sampling.guidance` needs a condition, but `diffusion.condition` is none. "
            "Set the guidance to 0, or the condition to class or attributes.",
        )
        check_sampler(self.diffusion.noise, self.sampling)
        check_read(diffusion=self.diffusion, evaluation=self.evaluation)
        require(
            self.text_loss.weight == 0 or self.diffusion.condition == "class",
            "`text_loss.weight` needs labels to name, but `diffusion.condition` is "
            f"{self.diffusion.condition}. Set the weight to 0, or the condition to class.",
        )
        require(
            self.text_loss.weight == 0 or self.diffusion.noise == "gaussian",
            "`text_loss.weight` needs the noise gaussian. Received: `diffusion.noise` "
            f"{self.diffusion.noise}.",
        )
