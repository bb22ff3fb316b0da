"""The options of the verbs that measure: `evaluate`, `audit`, `reproduce`."""

from dataclasses import dataclass, field, fields
from typing import Annotated, Literal

import tyro

from app.config.validation import require
from app.options.common import Positional, RunId, Weights, require_weights
from app.options.samplers import SamplerSettings

CLASSIFIERS = ("classification", "noisy_classification", "adaptation")
OF_IMAGES = (  # options that say how images are measured
    *("against", "split", "metrics", "extractor", "extractor_weights"),
    *("prompt", "samples", "skip_damaged"),
)


@dataclass(frozen=True)
class Evaluate:
    """Measures a run, a folder of images, or an .npz archive against real images."""

    subject: Positional[Annotated[str, tyro.conf.arg(metavar="SUBJECT")]]
    """Run (as for `sample`), folder of images, or that `sample` left, or .npz with uint8 `images`,
    `x` or `arr_0`."""
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
    settings: tyro.conf.OmitArgPrefixes[SamplerSettings] = field(default_factory=SamplerSettings)
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
            "Averages are compared, or ways to draw: one at a time. Received: "
            "`--averages` and others.",
        )
        require(
            self.averages is None or self.weights == "best",
            f"`--averages` measures many weights. Received: `--weights` {self.weights} too.",
        )

    @property
    def grid(self):
        """Whether steps, samplers or guidances are compared, or one drawing by other settings."""
        return any((self.steps, self.samplers, self.guidances, self.settings.changes))

    def check_kind(self, kind):
        """Refuses comparisons of anything but a diffusion run, and what classifiers do not read."""
        require(
            kind == "diffusion" or not (self.averages or self.grid),
            "`--averages`, `--steps`, `--samplers`, `--guidances` and settings of samplers compare "
            "images drawn from a run of the kind diffusion. "
            f"Received: {self.subject}, of the kind {kind}.",
        )
        given = [
            f"--{field.name.replace('_', '-')}"
            for field in fields(self)
            if field.name in OF_IMAGES and getattr(self, field.name) != field.default
        ]
        require(
            kind not in CLASSIFIERS or not given,
            f"A run of the kind {kind} is measured by its own test images and numbers: only "
            "`--weights` and `--data-directory` can be chosen. Received: "
            f"{', '.join(given)}. Leave it out.",
        )


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
        require(1 <= self.show <= 500, f"`--show` must be in [1, 500]. Received: {self.show}.")


@dataclass(frozen=True)
class Reproduce:
    """Runs a table of a paper, run by run; the same command goes on where it was stopped."""

    table: Positional[Annotated[str, tyro.conf.arg(metavar="TABLE")]]
    """Table: noisy-labels, domains, mnist-schedules, mnist-capacity, mnist-entropy,
    mnist-long-short, mnist-cold, cifar10-conditional, cifar10-guidance, dit-attention, swa, faces,
    attribute-control, mnist-score or mnist-beyond."""
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
