"""The options of every verb: frozen dataclasses whose docstrings are the help texts.

Those of a recipe are in `app.config`. Nothing heavy is imported, so that help answers at once.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from app import config
from app.config.validation import require

Positional = tyro.conf.Positional
RunId = Annotated[str, tyro.conf.arg(metavar="RUN")]
Prefixless = tyro.conf.arg(name="")
Weights = Annotated[str, tyro.conf.arg(metavar="best|ema|raw|swa|ema:LENGTH")]


def require_weights(weights):
    """Refuses names of weights that no run has."""
    name, colon, length = weights.partition(":")
    known = weights in ("best", "ema", "raw", "swa")
    try:
        known = known or (name == "ema" and bool(colon) and 0 < float(length) < 12**-0.5)
    except ValueError:
        known = False
    require(
        known,
        "`--weights` must be best, ema, raw or swa, or ema:LENGTH with a length sigma_rel above 0 "
        f"and below 0.2886, like ema:0.08. Received: {weights}.",
    )


@dataclass(frozen=True, kw_only=True)
class Train:
    """Options of `train` beside the recipe's own."""

    recipe: Annotated[config.AnyRecipe, Prefixless]
    dry_run: bool = False
    """Print the resolved recipe, its parameters and an estimate of time, memory and disk; stop."""
    runs: str = "runs"
    """Folder of all runs."""


@dataclass(frozen=True)
class Resume:
    """Goes on with a stopped run, exactly where its last checkpoint left it."""

    run: Positional[RunId]
    """Run id, a unique beginning of it, a path, or the MLflow run id."""
    runs: str = "runs"
    """Folder of all runs."""


@dataclass(frozen=True)
class Sample:
    """Draws images from a run."""

    run: Positional[RunId]
    """Run id, a unique beginning of it, a path, or the MLflow run id."""
    count: int = 60
    """Images to draw."""
    labels: tuple[int, ...] = ()
    """Labels, repeated in turn (unset: all classes in turn)."""
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
    to_labels: tuple[int, ...] = ()
    """Strips from the classes of --labels to these, one after the other."""
    frames: int = 9
    """Pictures of a strip, its ends among them."""
    variants: int = 4
    """Pictures an image of --images; strips."""
    runs: str = "runs"
    """Folder of all runs."""

    def __post_init__(self):
        require_weights(self.weights)
        require(self.count >= 1, f"`--count` must be 1 or more. Received: {self.count}.")
        require(
            self.first_index >= 0 and self.first_index + self.count < 2**31,
            "`--first-index` must be 0 or more, and with `--count` stay below 2^31. "
            f"Received: {self.first_index}, count {self.count}.",
        )
        begins = (self.mask is not None) + (self.strength is not None)
        require(
            begins == (self.images is not None),
            "`--images` needs `--mask` or `--strength`, one of them, and neither is of use without "
            f"it. Received: images {self.images}, mask {self.mask}, strength {self.strength}.",
        )
        require(
            self.images is None or not self.strips,
            "`--to-seed` and `--to-labels` draw strips, which do not begin with `--images`. "
            "Received: both.",
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
        """Whether strips between two seeds or classes are drawn."""
        return self.to_seed is not None or bool(self.to_labels)


@dataclass(frozen=True)
class Evaluate:
    """Measures a run, a folder of images, or an .npz archive against real images."""

    subject: Positional[Annotated[str, tyro.conf.arg(metavar="SUBJECT")]]
    """Run (as for `sample`), folder of images, or .npz with uint8 `images`, `x` or `arr_0`."""
    against: str | None = None
    """Name of a data set, folder or .npz of real images (unset: the data of the run)."""
    split: Literal["train", "test", "all"] = "train"
    """Which part of it is the reference; the other part gives the floor."""
    data_directory: str | None = None
    """Folder that holds existing copies of data sets (TFDS data_dir)."""
    metrics: str | None = None
    """Names with commas, like fid,kid,cmmd (unset: the usual ones that can be computed)."""
    extractor: str = "auto"
    """Whose features are compared; auto: that of the run, or what suits the real images."""
    extractor_weights: str | None = None
    """File or folder of the extractor's weights, for extractors that do not bring theirs."""
    prompt: str | None = None
    """Text a class for image_text, {} the class (unset: a photo of a {}, for digits a handwritten
    digit {})."""
    samples: int | None = None
    """Images measured, 16 or more; of a folder or archive at random (unset: all of them; of a run
    2000). Compare distances of the same number only."""
    averages: str | None = None
    """Scores of the averages of a run side by side: raw, ema, swa, and power-function averages of
    these lengths, like 0.05,0.1,0.15; auto: the usual lengths."""
    steps: str | None = None
    """Steps against quality of a run: numbers of steps, like 5,10,20,50."""
    samplers: str | None = None
    """Samplers to compare at these steps, like ddim,dpm_solver (unset: the recipe's)."""
    guidances: str | None = None
    """Guidances to compare at these steps, like 0,1 (unset: the recipe's)."""
    weights: Weights = "best"
    """Which weights of a run; best: the averaged ones where there are any; ema:0.08: the
    power-function average of that length, made of the snapshots of the run."""
    skip_damaged: bool = False
    """Leave out image files that cannot be read."""
    runs: str = "runs"
    """Folder of all runs."""
    evaluations: str = "evaluations"
    """Folder for what was measured of folders and archives, as a run each."""

    def __post_init__(self):
        require_weights(self.weights)
        require(
            self.averages is None or not self.grid,
            "Averages are compared, or steps, samplers and guidances: one at a time. Received: "
            "`--averages` and others.",
        )
        require(
            self.averages is None or self.weights == "best",
            f"`--averages` measures many weights. Received: `--weights` {self.weights} too.",
        )

    @property
    def grid(self):
        """Whether steps, samplers or guidances are compared."""
        return any((self.steps, self.samplers, self.guidances))

    def check_kind(self, kind):
        """Refuses comparisons of anything but a diffusion run."""
        require(
            kind == "diffusion" or not (self.averages or self.grid),
            "`--averages`, `--steps`, `--samplers` and `--guidances` compare images drawn from a "
            f"run of the kind diffusion. Received: {self.subject}, of the kind {kind}.",
        )


@dataclass(frozen=True)
class Export:
    """Writes the denoiser and the whole sampler as SavedModels, reloads and compares them."""

    run: Positional[RunId]
    """Run id, a unique beginning of it, a path, or the MLflow run id."""
    weights: Weights = "best"
    """Which weights; best: the averaged ones where there are any; ema:0.08: the power-function
    average of that length, made of the snapshots of the run."""
    runs: str = "runs"
    """Folder of all runs."""

    def __post_init__(self):
        require_weights(self.weights)


@dataclass(frozen=True)
class Reproduce:
    """Runs a table of a paper, run by run; the same command goes on where it was stopped."""

    table: Positional[Annotated[str, tyro.conf.arg(metavar="TABLE")]]
    """Table: noisy-labels, domains, mnist-schedules, mnist-capacity, mnist-long-short,
    cifar10-conditional, cifar10-guidance or swa."""
    budget: Literal["smoke", "cpu", "full"] = "cpu"
    """smoke: embedded digits, minutes; cpu: real data on two cores; full: the papers' own."""
    hours: float | None = None
    """No run is begun that would not end within these hours; 3 for cpu where none are given."""
    seeds: int = 3
    """Seeds of each run that gets more than one."""
    data_directory: str | None = None
    """Folder that holds existing copies of the data sets (TFDS data_dir)."""
    runs: str = "runs"
    """Folder of all runs."""
    results: str = "docs/results"
    """Folder of the report; results that stand there are not computed again."""

    def __post_init__(self):
        require(self.seeds >= 1, f"`--seeds` must be 1 or more. Received: {self.seeds}.")
        hours = self.hours is None or self.hours > 0
        require(hours, f"`--hours` must be above 0. Received: {self.hours}.")


@dataclass(frozen=True)
class Audit:
    """Ranks the training images of a classification run by how wrong their labels look."""

    run: Positional[RunId]
    """Run id, a unique beginning of it, a path, or the MLflow run id."""
    folds: int = 3
    """Parts of the data; each is judged by a model that was trained on the others."""
    show: int = 50
    """Images on the contact sheet."""
    runs: str = "runs"
    """Folder of all runs."""

    def __post_init__(self):
        require(2 <= self.folds <= 20, f"`--folds` must be in [2, 20]. Received: {self.folds}.")
        require(self.show >= 1, f"`--show` must be 1 or more. Received: {self.show}.")
