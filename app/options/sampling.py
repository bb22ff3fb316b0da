"""The options of `sample`."""

from dataclasses import dataclass, field
from typing import Literal

import tyro

from app.config.validation import require
from app.options.common import Positional, RunId, Weights, require_weights
from app.options.samplers import SamplerSettings

Label = int | Literal["none"]


@dataclass(frozen=True)
class Sample:
    """Draws images from a run."""

    run: Positional[RunId]
    """Run id, a unique beginning of it, a path, or the MLflow run id."""
    count: int = 60
    """Images to draw."""
    labels: tuple[Label, ...] = ()
    """Labels, repeated in turn (unset: all classes in turn); none alone: drawn without a label, as
    in training where it was dropped."""
    attributes: tuple[str, ...] = ()
    """Attributes of the run or of --classifier, like thick,has_hole; all others absent. Several are
    taken in turn; none: all absent; any: nothing said (unset: each attribute alone in turn)."""
    weights: Weights = "best"
    """Which weights; best: the averaged ones where there are any; ema:0.08: the power-function
    average of that length, made of the snapshots of the run."""
    steps: int | None = None
    """Denoising steps, 1 to the length of the chain (unset: the recipe's)."""
    guidance: float | None = None
    """Guidance w in (1 + w) conditional - w unconditional; 0: off (unset: the recipe's)."""
    guidance_interval: tuple[float, float] | None = None
    """Guidance where low < sigma <= high only; 0 1e9: nearly all (unset: the recipe's)."""
    sampler: (
        Literal[
            "ddim", "ddpm", "dpm_solver", "cold", "euler", "heun", "langevin", "predictor_corrector"
        ]
        | None
    ) = None
    """Sampler (unset: the recipe's)."""
    settings: tyro.conf.OmitArgPrefixes[SamplerSettings] = field(default_factory=SamplerSettings)
    seed: int | None = None
    """Seed, 0 to 2^31 - 1: same seed, same pictures (unset: the recipe's)."""
    first_index: int = 0
    """Index of the first image: 0 to 99 and 100 to 199 are different pictures of one seed."""
    images: str | None = None
    """Images to begin with: an image file, a folder, an .npz or a data set (its test images);
    NAME:0,5,7 takes these of them. Needs --mask or --strength."""
    mask: str | None = None
    """Inpainting: what is drawn anew, white in an image file or True in `mask` of an .npz, or the
    box TOP,LEFT,HEIGHT,WIDTH in pixels; the rest is kept exactly."""
    resampling: int = 10
    """Inpainting: times that each step is taken; 1 is quick and leaves seams. Drawn by DDPM with
    variance beta where no --sampler is given."""
    strength: float | None = None
    """Variations: how far images are noised before they are drawn on from there, (0, 1]."""
    to_seed: int | None = None
    """Strips from the pictures of --seed to those of this one."""
    to_labels: tuple[Label, ...] = ()
    """Strips from the classes of --labels to these, one after the other."""
    to_attributes: tuple[str, ...] = ()
    """Strips from the combinations of --attributes to these, one after the other."""
    frames: int = 9
    """Pictures of a strip, its ends among them."""
    variants: int = 4
    """Pictures an image of --images; strips."""
    classifier: str | None = None
    """Run of a classifier of noisy images that guides, as RUN. --labels or --attributes then name
    those of both; where each knows the one, each class meets each combination of attributes; where
    RUN is to be drawn without (--labels none), --classifier-labels name those of the classifier."""
    classifier_labels: tuple[int, ...] = ()
    """With --labels none: classes that the classifier guides to, repeated in turn (unset: all)."""
    classifier_scale: float = 1.0
    """Factor of the classifier's gradient; 0: off."""
    text: str | None = None
    """What the images shall show; for --text-scale and --best-of."""
    text_scale: float = 0.0
    """Factor of the gradient of the similarity of image and --text; 0: off."""
    text_extractor: str = "image-text"
    """Encoder of images and texts: image-text, clip-vit-b32, clip-vit-l14-336, siglip, align."""
    text_extractor_weights: str | None = None
    """File or folder of its weights, for those that do not bring theirs."""
    best_of: int = 1
    """Candidates an image; the one most similar to --text, or to its class, is kept."""
    runs: str = "runs"
    """Folder of all runs."""

    def __post_init__(self):
        require_weights(self.weights)
        for name in ("classifier_scale", "text_scale"):
            value, option = getattr(self, name), name.replace("_", "-")
            require(0 <= value <= 1e6, f"`--{option}` must be in [0, 1e6]. Received: {value}.")
        require(1 <= self.best_of <= 64, f"`--best-of` must be 1 to 64. Received: {self.best_of}.")
        require(
            self.text is None or self.text_scale > 0 or self.best_of > 1,
            "`--text` needs `--text-scale` above 0 (to guide by it) or `--best-of` above 1 (to "
            f"choose by it). Received: {self.text!r} with neither.",
        )
        require(
            self.text_scale == 0 or self.text is not None,
            f"`--text-scale` needs a `--text`. Received: {self.text_scale} and no text.",
        )
        require(self.count >= 1, f"`--count` must be 1 or more. Received: {self.count}.")
        require(
            self.first_index >= 0 and self.first_index + self.count < 2**31,
            "`--first-index` must be 0 or more, and with `--count` stay below 2^31. "
            f"Received: {self.first_index}, count {self.count}.",
        )
        for name in ("labels", "to_labels"):
            value, option = getattr(self, name), name.replace("_", "-")
            require(
                "none" not in value or len(value) == 1,
                f"`--{option} none` stands alone: no image has a label. Received: "
                f"{' '.join(map(str, value))}.",
            )
        alone = self.classifier is not None and self.labels == ("none",)
        require(
            alone or not self.classifier_labels,
            "`--classifier-labels` go with `--classifier` and `--labels none`; else `--labels` "
            "name the classes of both. Received: --classifier-labels "
            f"{' '.join(map(str, self.classifier_labels))} without one of them.",
        )
        begins = (self.mask is not None) + (self.strength is not None)
        require(
            begins == (self.images is not None),
            "`--images` needs `--mask` or `--strength`, one of them, and neither is of use without "
            f"it. Received: images {self.images}, mask {self.mask}, strength {self.strength}.",
        )
        require(
            self.images is None or not self.strips,
            "`--to-seed`, `--to-labels` and `--to-attributes` draw strips, which do not begin with "
            "`--images`. Received: both.",
        )
        steered = self.classifier is not None or self.text is not None or self.best_of > 1
        require(
            not steered or (self.images is None and not self.strips),
            "`--classifier`, `--text` and `--best-of` do not go together with `--images` and with "
            "strips (`--to-seed`, `--to-labels`, `--to-attributes`). Received: some of both. Leave "
            "out the ones or the others.",
        )
        edited = self.images is not None or self.strips
        judged = self.text is not None or self.best_of > 1
        readers = {
            "count": (not edited, "a plain drawing; `--images` and strips take `--variants`"),
            "variants": (edited, "`--images` and strips"),
            "frames": (self.strips, "strips (`--to-seed`, `--to-labels`, `--to-attributes`)"),
            "resampling": (self.mask is not None, "`--mask`"),
            "classifier_scale": (self.classifier is not None, "`--classifier`"),
            "text_extractor": (judged, "`--text` and `--best-of`"),
            "text_extractor_weights": (judged, "`--text` and `--best-of`"),
        }
        for name, (read, reader) in readers.items():
            value, option = getattr(self, name), name.replace("_", "-")
            require(
                read or value == getattr(type(self), name),
                f"`--{option}` is read by {reader} only. Received: {value} without. Leave it out.",
            )
        ours = [name for name in self.settings.changes if name != "spacing"]
        require(
            self.mask is None or self.sampler is not None or not ours,
            "Inpainting is drawn by DDPM with variance beta where no `--sampler` is given. "
            f"Received: {', '.join(ours)} without one. Give `--sampler` too, or leave them out.",
        )
        strength = self.strength is None or 0 < self.strength <= 1
        require(strength, f"`--strength` must be in (0, 1]. Received: {self.strength}.")
        for name, least in (("resampling", 1), ("variants", 1), ("frames", 2)):
            value = getattr(self, name)
            require(value >= least, f"`--{name}` must be {least} or more. Received: {value}.")
        to_seed = self.to_seed is None or 0 <= self.to_seed < 2**31
        require(to_seed, f"`--to-seed` must be in [0, 2^31). Received: {self.to_seed}.")

    @property
    def strips(self):
        """Whether strips between two seeds, classes or combinations of attributes are drawn."""
        return self.to_seed is not None or bool(self.to_labels or self.to_attributes)
