"""Which classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.config.network import CustomNetwork
from app.config.validation import all_positive, check_types, positive, require


@dataclass(frozen=True, kw_only=True)
class SmallCNN:
    """Two convolutions with pooling, one hidden layer: the classifier of the noisy-label report."""

    channels: tuple[int, ...] = (32, 64)
    """Channels of each convolution, each followed by ReLU and max-pooling by 2."""
    hidden: int = 256
    """Units of the hidden layer."""
    dropout: float = 0.5
    """Dropout before the last layer, [0, 1)."""

    def __post_init__(self):
        check_types(self)
        all_positive(self, "channels")
        positive(self, "hidden")
        require(0 <= self.dropout < 1, f"`dropout` must be in [0, 1). Received: {self.dropout}.")


@dataclass(frozen=True, kw_only=True)
class EightLayerCNN:
    """The CNN of the active-passive losses paper: six convolutions with BatchNorm, two dense."""

    channels: tuple[int, ...] = (64, 128, 196)
    """Channels of each pair of convolutions; max-pooling by 2 after each pair."""
    hidden: int = 256
    """Units of the hidden layer."""

    def __post_init__(self):
        check_types(self)
        all_positive(self, "channels")
        positive(self, "hidden")


@dataclass(frozen=True, kw_only=True)
class ResNet:
    """A residual network of keras-cv, without its first pooling for images below 64 pixels."""

    depth: Literal["18", "34"] = "18"
    """Layers: 18 or 34."""
    width: int = 64
    """Channels of the first stage; each of the three others has twice as many as the one before."""

    def __post_init__(self):
        check_types(self)
        positive(self, "width")


Classifier = SmallCNN | EightLayerCNN | ResNet | CustomNetwork
