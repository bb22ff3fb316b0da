"""A whole experiment, and its form in JSON."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

from app.config.data import Data
from app.config.diffusion import Diffusion, Sampling
from app.config.network import CustomNetwork, Network, PlainCNN, Unet
from app.config.training import Evaluation, Optimizer, Training, Watching
from app.config.validation import check_types, require


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A whole experiment."""

    name: str
    """Name of the recipe; runs and the registered model carry it."""
    summary: str = ""
    """One line for the list of recipes."""
    data: Data = field(default_factory=Data)
    network: Network = field(default_factory=Unet)
    diffusion: Diffusion = field(default_factory=Diffusion)
    optimizer: Optimizer = field(default_factory=Optimizer)
    training: Training = field(default_factory=Training)
    sampling: Sampling = field(default_factory=Sampling)
    watching: Watching = field(default_factory=Watching)
    evaluation: Evaluation = field(default_factory=Evaluation)

    def __post_init__(self):
        check_types(self)
        require(self.name.strip() != "", "`name` must name the recipe. Received: nothing.")
        require(
            self.sampling.steps <= self.diffusion.steps,
            f"`sampling.steps` must not exceed `diffusion.steps` ({self.diffusion.steps}). "
            f"Received: {self.sampling.steps}.",
        )
        require(
            self.sampling.guidance == 0 or self.diffusion.condition != "none",
            "`sampling.guidance` needs a condition, but `diffusion.condition` is none. "
            "Set the guidance to 0, or the condition to class.",
        )


_NETWORKS = {kind.__name__: kind for kind in (PlainCNN, Unet, CustomNetwork)}


def to_dict(recipe: Recipe) -> dict:
    """The resolved recipe as values for JSON, the network tagged with its kind."""
    values = dataclasses.asdict(recipe)
    values["network"] = {"kind": type(recipe.network).__name__, **values["network"]}
    return values


def from_dict(values: dict) -> Recipe:
    """The recipe that `to_dict` wrote, after a round trip through JSON too.

    Raises:
        ValueError: the values are not those of a recipe.
    """
    require(isinstance(values, dict), f"Expected a recipe. Received: {values!r:.100}.")
    unknown = set(values) - {part.name for part in dataclasses.fields(Recipe)}
    require(not unknown, f"A recipe has no part {sorted(unknown)}.")
    require("name" in values, "A recipe must have a `name`. Received: none.")
    made = {}
    for part in dataclasses.fields(Recipe):
        if part.name not in values:
            continue
        value = values[part.name]
        if part.name == "network":
            kind = value.get("kind") if isinstance(value, dict) else value
            require(
                isinstance(kind, str) and kind in _NETWORKS,
                f"The network's `kind` must be one of {', '.join(_NETWORKS)}. Received: {kind!r}.",
            )
            rest = {key: item for key, item in value.items() if key != "kind"}
            made["network"] = _made(_NETWORKS[kind], rest)
        elif dataclasses.is_dataclass(part.default_factory):
            made[part.name] = _made(part.default_factory, value)
        else:
            made[part.name] = value
    return Recipe(**made)


def _made(kind, values):
    """An instance of a config class; JSON's lists become tuples."""
    known = {field.name for field in dataclasses.fields(kind)}
    require(
        isinstance(values, dict) and set(values) <= known,
        f"{kind.__name__} takes {', '.join(sorted(known))}. Received: {values!r:.200}.",
    )
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
