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
    attributes: tuple[str, ...] = ()
    """Attributes, like thick,has_hole; all others absent. Several are taken in turn; none: all
    absent; any: nothing said (unset: each attribute alone in turn)."""
    weights: Literal["best", "ema", "raw", "swa"] = "best"
    """Which weights; best: the averaged ones where there are any."""
    steps: int | None = None
    """Denoising steps, 1 to the length of the chain (unset: the recipe's)."""
    guidance: float | None = None
    """Guidance w in (1 + w) conditional - w unconditional; 0: off (unset: the recipe's)."""
    guidance_interval: tuple[float, float] | None = None
    """Guidance where low < sigma <= high only; 0 1e9: nearly all (unset: the recipe's)."""
    sampler: Literal["ddim", "ddpm", "dpm_solver", "cold"] | None = None
    """Sampler (unset: the recipe's)."""
    seed: int | None = None
    """Seed, 0 to 2^31 - 1: same seed, same pictures (unset: the recipe's)."""
    first_index: int = 0
    """Index of the first image: 0 to 99 and 100 to 199 are different pictures of one seed."""
    runs: str = "runs"
    """Folder of all runs."""

    def __post_init__(self):
        require(self.count >= 1, f"`--count` must be 1 or more. Received: {self.count}.")
        require(
            self.first_index >= 0 and self.first_index + self.count < 2**31,
            "`--first-index` must be 0 or more, and with `--count` stay below 2^31. "
            f"Received: {self.first_index}, count {self.count}.",
        )


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
    weights: Literal["best", "ema", "raw", "swa"] = "best"
    """Which weights of a run; best: the averaged ones where there are any."""
    skip_damaged: bool = False
    """Leave out image files that cannot be read."""
    runs: str = "runs"
    """Folder of all runs."""
    evaluations: str = "evaluations"
    """Folder for what was measured of folders and archives, as a run each."""


@dataclass(frozen=True)
class Export:
    """Writes the denoiser and the whole sampler as SavedModels, reloads and compares them."""

    run: Positional[RunId]
    """Run id, a unique beginning of it, a path, or the MLflow run id."""
    weights: Literal["best", "ema", "raw", "swa"] = "best"
    """Which weights; best: the averaged ones where there are any."""
    runs: str = "runs"
    """Folder of all runs."""


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


@dataclass(frozen=True)
class Compare:
    """Shows what differs between runs, and their scores side by side."""

    run_ids: Positional[Annotated[tuple[str, ...], tyro.conf.arg(metavar="RUN RUN ...")]]
    """Two runs or more, each as for `sample`."""
    json: bool = False
    """JSON in place of a table."""
    runs: str = "runs"
    """Folder of all runs."""


@dataclass(frozen=True)
class Sync:
    """Uploads what a run recorded to MLflow: after an outage, or to another server."""

    run: Positional[RunId]
    """Run id, a unique beginning of it, a path, or the MLflow run id."""
    runs: str = "runs"
    """Folder of all runs."""


@dataclass(frozen=True)
class Recipes:
    """Lists the named recipes."""


@dataclass(frozen=True)
class DataSets:
    """Lists the data sets and whether they can be read on this machine."""

    directory: str | None = None
    """Folder that holds existing copies (TFDS data_dir)."""


@dataclass(frozen=True)
class UI:
    """Opens the MLflow UI on this machine's runs."""

    port: int = 5000
    """Port on 127.0.0.1."""

    def __post_init__(self):
        require(
            1 <= self.port <= 65535,
            f"A port must be from 1 to 65535. Received: {self.port}. Pass another --port.",
        )
