"""How the network is trained, watched and measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from app.config.readers import check_read
from app.config.validation import check_types, positive, require


@dataclass(frozen=True, kw_only=True)
class Optimizer:
    """How the weights move."""

    name: Literal["adam", "adamw", "sgd"] = "adam"
    """Optimizer."""
    learning_rate: float = 2e-4
    """Peak learning rate."""
    decay: Literal["constant", "cosine"] = "constant"
    """Learning rate after warm-up: constant, or cosine to 0 at the last step."""
    warmup_steps: int = 0
    """Steps of linear warm-up from 0."""
    clip_norm: float = 1.0
    """Largest global gradient norm (0: no clipping)."""
    weight_decay: float = 0.0
    """Weight decay a step, times the learning rate (adamw, sgd)."""
    momentum: float = 0.9
    """Momentum (sgd), [0, 1)."""
    accumulation_steps: int = 1
    """Batches whose gradients are averaged into one update."""

    def __post_init__(self):
        check_types(self)
        positive(self, "learning_rate", "accumulation_steps")
        for name in ("warmup_steps", "clip_norm", "weight_decay"):
            value = getattr(self, name)
            require(value >= 0, f"`{name}` must be 0 or above. Received: {value}.")
        require(0 <= self.momentum < 1, f"`momentum` must be in [0, 1). Received: {self.momentum}.")
        check_read(optimizer=self)


@dataclass(frozen=True, kw_only=True)
class Training:
    """Length, precision, averages and checkpoints."""

    epochs: int = 20
    """Passes over the training images."""
    batch_size: int = 128
    """Images a step; the last, incomplete batch of an epoch is left out."""
    seed: int = 0
    """Seed of weights, batches and training noise."""
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = "float32"
    """Number format of the network (weights stay float32)."""
    compile_xla: Literal["auto", "on", "off"] = "auto"
    """XLA; auto: on a GPU and on JAX, off on a TensorFlow CPU, where it was measured slower."""
    ema_decay: float = 0.999
    """Decay a step of the exponential moving average of the weights, [0, 1) (0: none)."""
    swa_start_epoch: int | None = None
    """Epoch after which stochastic weight averaging starts (unset: none)."""
    power_averages: tuple[float, ...] = ()
    """Lengths sigma_rel, as 0.05 0.10, of power-function averages kept too; any length between and
    around them can then be made after training: `--weights ema:0.08` (none: no averages)."""
    power_snapshots: int = 16
    """Epochs, evenly spread, whose power-function averages stay on disk."""
    keep_checkpoints: int = 2
    """Exact-resume checkpoints kept."""
    checkpoint_epochs: int = 1
    """Epochs between checkpoints."""

    def __post_init__(self):
        check_types(self)
        positive(self, "epochs", "batch_size", "keep_checkpoints", "checkpoint_epochs")
        positive(self, "power_snapshots")
        lengths = self.power_averages
        require(
            all(0 < length < 1 / math.sqrt(12) for length in lengths)
            and len(set(lengths)) == len(lengths),
            "`power_averages` must be different lengths above 0, below 0.2886 (that of the plain "
            f"mean of all steps). Received: {lengths}.",
        )
        require(0 <= self.seed < 2**31, f"`seed` must be in [0, 2^31). Received: {self.seed}.")
        require(
            0 <= self.ema_decay < 1, f"`ema_decay` must be in [0, 1). Received: {self.ema_decay}."
        )
        require(
            self.swa_start_epoch is None or 0 <= self.swa_start_epoch < self.epochs,
            f"`swa_start_epoch` must be below `epochs` ({self.epochs}). "
            f"Received: {self.swa_start_epoch}.",
        )
        check_read(training=self)


@dataclass(frozen=True, kw_only=True)
class Watching:
    """What is looked at while training."""

    sample_every: int = 5
    """Epochs between image grids (0: only at the end)."""
    samples: int = 60
    """Images of a grid."""
    score_every: int = 0
    """Epochs between Frechet distances (0: only at the end)."""
    score_samples: int = 512
    """Images drawn for such a distance."""
    score_metrics: tuple[str, ...] = ()
    """More metrics at these epochs, by name; by another extractor's features: cmmd@siglip."""
    score_weights: Literal["best", "all"] = "best"
    """Weights they are measured of; all: raw and each average, as fmd_raw, fmd_ema, fmd_swa."""
    score_split: Literal["train", "test"] = "train"
    """Which real images they are held against."""
    score_real: int = 10_000
    """How many of these, from the first on."""

    def __post_init__(self):
        check_types(self)
        for name in ("sample_every", "score_every"):
            value = getattr(self, name)
            require(value >= 0, f"`{name}` must be 0 or above. Received: {value}.")
        positive(self, "samples")
        require(
            self.score_samples >= 2,
            f"`score_samples` must be 2 or above. Received: {self.score_samples}.",
        )
        require(
            self.score_real >= 2,
            f"`score_real` must be 2 or above. Received: {self.score_real}.",
        )
        check_read(watching=self)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What is measured after training."""

    samples: int = 2000
    """Images drawn and measured (0: no evaluation)."""
    metrics: tuple[str, ...] = ()
    """Metrics by name, as for evaluate (unset: the usual ones that can be computed)."""
    extractor: Literal[
        "auto",
        "align",
        "cifar-classifier",
        "clip-vit-b32",
        "clip-vit-l14-336",
        "digit-classifier",
        "image-text",
        "inception",
        "pixels",
        "siglip",
    ] = "auto"
    """Features; auto: the classifier of digits or of CIFAR-10's classes, pixels otherwise;
    inception: for FID; align, clip-vit-b32, clip-vit-l14-336 (CMMD's), image-text, siglip: for
    scores of images and texts."""
    attribute_samples: int = 100
    """Images drawn for each attribute asked for alone (runs of the condition attributes)."""
    attribute_rows: tuple[str, ...] = ()
    """Combinations asked for beside them, like Bald,Male; all other attributes absent."""

    def __post_init__(self):
        check_types(self)
        positive(self, "attribute_samples")
        require(
            not {"none", "any"} & set(self.attribute_rows),
            "`attribute_rows` must name attributes, like Bald,Male. "
            f"Received: {self.attribute_rows}.",
        )
        require(
            self.samples == 0 or self.samples >= 16,
            f"`samples` must be 0 or at least 16. Received: {self.samples}.",
        )
