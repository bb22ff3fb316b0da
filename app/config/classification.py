"""A classification experiment with noisy labels."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

from app.config.classifier import Classifier, SmallCNN
from app.config.data import Data
from app.config.readers import check_read
from app.config.training import Optimizer, Training
from app.config.validation import between, check_types, positive, require

Part = Literal[
    "cross_entropy",
    "focal",
    "normalized_cross_entropy",
    "normalized_focal",
    "mean_absolute_error",
    "reverse_cross_entropy",
    "asymmetric_mean_square",
    "asymmetric_generalized_cross_entropy",
]
Loss = Literal[
    Part,
    "generalized_cross_entropy",
    "symmetric_cross_entropy",
    "active_passive",
    "active_negative",
]
# Which of the numbers below each loss takes, beside those of its parts.
OPTIONS = {
    "cross_entropy": (),
    "focal": ("gamma",),
    "normalized_cross_entropy": (),
    "normalized_focal": ("gamma",),
    "mean_absolute_error": (),
    "reverse_cross_entropy": ("log_zero",),
    "asymmetric_mean_square": ("a",),
    "asymmetric_generalized_cross_entropy": ("a", "q"),
    "generalized_cross_entropy": ("q",),
    "symmetric_cross_entropy": ("alpha", "beta", "log_zero"),
    "active_passive": ("alpha", "beta"),
    "active_negative": ("alpha", "beta"),
}
# The weight penalty that a method has, as its authors set it for CIFAR-10 like the weights 5 and 5
# of the loss (for MNIST they take 1, 1 and 1e-6).
PENALTIES = {"active_negative": 5e-5}


@dataclass(frozen=True, kw_only=True)
class LabelNoise:
    """Which training labels are made wrong; test labels never are."""

    kind: Literal["none", "symmetric", "asymmetric", "instance", "file"] = "none"
    """Any class, the published pairs of classes, one by the image's pixels, or labels of a file."""
    rate: float = 0.4
    """Share of the labels drawn anew, [0, 1); asymmetric: of those classes that have a partner."""
    include_true_class: bool = False
    """Symmetric: the true class may be drawn too, so that fewer labels than `rate` are wrong."""
    path: str | None = None
    """File of labels (.npy, or text with one a line), for kind file."""
    seed: int = 0
    """Seed of the noise: same seed, same labels, on either backend."""

    def __post_init__(self):
        check_types(self)
        require(0 <= self.rate < 1, f"`rate` must be in [0, 1). Received: {self.rate}.")
        require(0 <= self.seed < 2**31, f"`seed` must be in [0, 2^31). Received: {self.seed}.")
        check_read(noise=self)
        require(
            (self.kind == "file") == (self.path is not None),
            "`path` names the labels of the noise kind file, and of no other kind. "
            f"Received: kind {self.kind}, path {self.path}.",
        )


@dataclass(frozen=True, kw_only=True)
class RobustLoss:
    """The loss; what is unset has the loss's own default."""

    name: Loss = "cross_entropy"
    """Loss."""
    active: Part | None = None
    """Active part of active_passive; base of active_negative, cross_entropy (unset) or focal."""
    passive: Part | None = None
    """Passive part of active_passive."""
    alpha: float | None = None
    """Weight of the active part, or of cross entropy in symmetric_cross_entropy."""
    beta: float | None = None
    """Weight of the passive part, or of reverse cross entropy."""
    gamma: float | None = None
    """Exponent of the focal losses."""
    log_zero: float | None = None
    """What reverse cross entropy takes for ln 0 (A in the papers)."""
    q: float | None = None
    """Exponent of the generalized losses."""
    a: float | None = None
    """Asymmetry of the asymmetric losses."""
    weight_penalty: float | None = None
    """Factor of the sum of all absolute weights, added to the loss (unset: 5e-5 for
    active_negative, which includes one; 0, none, for the others)."""

    def __post_init__(self):
        check_types(self)
        need = {"active_passive": ("active", "passive")}.get(self.name, ())
        for part in ("active", "passive"):
            given = getattr(self, part) is not None
            allowed = part in need or (part == "active" and self.name == "active_negative")
            require(
                given or part not in need,
                f"The loss {self.name} needs `{part}`. Received: none.",
            )
            require(
                allowed or not given,
                f"The loss {self.name} has no `{part}` part. Received: {getattr(self, part)}.",
            )
        require(
            self.name != "active_negative" or self.active in (None, "cross_entropy", "focal"),
            "The `active` part of active_negative must be cross_entropy or focal, which it "
            f"normalises. Received: {self.active}.",
        )
        parts = [part for part in (self.active, self.passive) if part is not None]
        whole = f"{self.name} of {' and '.join(parts)}" if parts else self.name
        taken = {option for part in (self.name, *parts) for option in OPTIONS[part]}
        for option in dict.fromkeys(option for own in OPTIONS.values() for option in own):
            value = getattr(self, option)
            require(
                value is None or option in taken,
                f"The loss {whole} takes no `{option}`. Received: {value}. Leave it out.",
            )
        require(
            self.weight_penalty is None or self.weight_penalty >= 0,
            f"`weight_penalty` must be 0 or above. Received: {self.weight_penalty}.",
        )

    def resolved(self) -> RobustLoss:
        """The same with the weight penalty in numbers.

        Recipes leave it unset, so that a name given on the command line brings its own.
        """
        if self.weight_penalty is not None:
            return self
        return replace(self, weight_penalty=PENALTIES.get(self.name, 0.0))


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """What is done to training images, anew each epoch, beside the flips of `data`."""

    crop: int = 0
    """Pixels of padding before a random crop to the old size (0: none)."""
    policy: Literal["none", "rand_augment", "mixup", "cutmix"] = "none"
    """Layer of Keras: RandAugment, MixUp or CutMix."""

    def __post_init__(self):
        check_types(self)
        between(self, 0, 16, "crop")


@dataclass(frozen=True, kw_only=True)
class Classification:
    """A whole classification experiment."""

    kind: ClassVar[str] = "classification"

    name: str
    """Name of the recipe; runs and the registered model carry it."""
    summary: str = ""
    """One line for the list of recipes."""
    data: Data = field(default_factory=lambda: Data(name="cifar10"))
    noise: LabelNoise = field(default_factory=LabelNoise)
    augmentation: Augmentation = field(default_factory=Augmentation)
    network: Classifier = field(default_factory=SmallCNN)
    loss: RobustLoss = field(default_factory=RobustLoss)
    optimizer: Optimizer = field(default_factory=Optimizer)
    training: Training = field(default_factory=Training)
    evaluation_batch: int = 500
    """Images a step while measuring (without effect on the result)."""

    def __post_init__(self):
        check_types(self)
        positive(self, "evaluation_batch")
        require(self.name.strip() != "", "`name` must name the recipe. Received: nothing.")

    def resolved(self) -> Classification:
        """The same with what was unset in numbers, as runs record it."""
        return replace(self, loss=self.loss.resolved())
