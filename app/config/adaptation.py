"""An experiment in domain adaptation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from app.config.data import Data
from app.config.readers import check_read
from app.config.training import Optimizer, Training
from app.config.validation import all_positive, between, check_types, positive, require


@dataclass(frozen=True, kw_only=True)
class ConvBackbone:
    """Convolutions with batch normalisation and pooling, then all that is left as features."""

    channels: tuple[int, ...] = (32, 64, 128)
    """Channels of each block; each halves height and width."""
    hidden: int = 256
    """Units of the label head's first dense layer."""

    def __post_init__(self):
        check_types(self)
        all_positive(self, "channels")
        positive(self, "hidden")


@dataclass(frozen=True, kw_only=True)
class ResNet50:
    """The ResNet-50 of keras.applications, pooled: the report's."""

    weights: str | None = None
    """imagenet, a file of its weights, or unset: none."""
    hidden: int = 256
    """Units of the label head's first dense layer."""

    def __post_init__(self):
        check_types(self)
        positive(self, "hidden")


@dataclass(frozen=True, kw_only=True)
class Alignment:
    """What draws the domains together; nothing of it: source-only training."""

    stages: tuple[int, ...] = (1,)
    """Where a domain head stands: 1 backbone, 2 first dense layer, 3 logits; none: no adversary."""
    strength: float = 1.0
    """Factor of the reversed gradient."""
    ramp: bool = True
    """Let the strength rise from 0, by the schedule of DANN over the whole training."""
    conditional: bool = False
    """The domain head sees features times class probabilities (CDAN)."""
    entropy_weighted: bool = False
    """Rows of sure predictions weigh more in the domain head's loss (CDAN+E)."""
    separate: bool = False
    """Each domain passes batch normalisation by itself and is normalised by its own statistics."""
    mmd: float = 0.0
    """Weight of the maximum mean discrepancy (DAN)."""
    coral: float = 0.0
    """Weight of the distance of covariances (CORAL)."""
    confusion: float = 0.0
    """Weight of the class confusion on the target (MCC)."""
    adapt_statistics: bool = False
    """Where it is measured and served, batch normalisation has the target's statistics (AdaBN)."""

    def __post_init__(self):
        check_types(self)
        require(
            set(self.stages) <= {1, 2, 3} and len(set(self.stages)) == len(self.stages),
            f"`stages` may hold 1, 2 and 3, each once. Received: {self.stages}.",
        )
        for name in ("strength", "mmd", "coral", "confusion"):
            value = getattr(self, name)
            require(value >= 0, f"`{name}` must be 0 or above. Received: {value}.")
        require(
            self.conditional or not self.entropy_weighted,
            "`entropy_weighted` needs `conditional`: it is a part of CDAN+E. Received: True.",
        )
        check_read(alignment=self)

    @property
    def target_statistics(self):
        """Whether batch normalisation has the target's statistics where it is measured."""
        return self.adapt_statistics or self.separate


@dataclass(frozen=True, kw_only=True)
class Movement:
    """Random affine maps of the training images of both domains, anew each epoch."""

    spread: float = 0.0
    """Standard deviation of the entries of the 2x2 matrix around those of the identity."""
    shift: float = 0.0
    """Largest shift each way, pixels."""

    def __post_init__(self):
        check_types(self)
        for name in ("spread", "shift"):
            value = getattr(self, name)
            require(value >= 0, f"`{name}` must be 0 or above. Received: {value}.")


@dataclass(frozen=True, kw_only=True)
class Adaptation:
    """A whole experiment in domain adaptation."""

    kind: ClassVar[str] = "adaptation"

    name: str
    """Name of the recipe; runs and the registered model carry it."""
    summary: str = ""
    """One line for the list of recipes."""
    source: Data = field(default_factory=lambda: Data(name="usps"))
    target: Data = field(default_factory=lambda: Data(name="mnist", validation_fraction=0))
    size: int = 32
    """Height and width, pixels, to which both domains are resized."""
    channels: Literal["grey", "colour"] = "colour"
    """Channels of the images that the network sees."""
    network: ConvBackbone | ResNet50 = field(default_factory=ConvBackbone)
    alignment: Alignment = field(default_factory=Alignment)
    movement: Movement = field(default_factory=Movement)
    optimizer: Optimizer = field(default_factory=Optimizer)
    training: Training = field(default_factory=Training)
    epoch_steps: int = 0
    """Batches an epoch (0: one pass over the larger domain)."""
    evaluation_batch: int = 500
    """Images a step while measuring (without effect on the result)."""

    def __post_init__(self):
        check_types(self)
        positive(self, "evaluation_batch")
        between(self, 0, 10**6, "epoch_steps")
        between(self, 8, 512, "size")
        require(self.name.strip() != "", "`name` must name the recipe. Received: nothing.")
        require(
            self.source.validation_fraction > 0,
            "`source.validation_fraction` must be above 0: a part of the source validates. "
            "Received: 0.",
        )
        require(
            self.target.validation_fraction == 0,
            "`target.validation_fraction` must be 0: the target has no labels to validate with. "
            f"Received: {self.target.validation_fraction}.",
        )
