"""The options of the verbs that show or send what is there."""

from dataclasses import dataclass
from typing import Annotated

import tyro

from app.config.validation import require
from app.options.common import Positional, RunId, Weights, require_weights


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
