"""A recipe of any kind as values for JSON, and back."""

from __future__ import annotations

import dataclasses
import types
import typing

from app.config.adaptation import Adaptation
from app.config.classification import Classification
from app.config.noisy_classification import NoisyClassification
from app.config.readers import unread
from app.config.recipe import Recipe
from app.config.validation import require

AnyRecipe = Recipe | Classification | NoisyClassification | Adaptation
KINDS = {recipe.kind: recipe for recipe in typing.get_args(AnyRecipe)}


def to_dict(recipe: AnyRecipe) -> dict:
    """The resolved recipe as values for JSON, recipe and network tagged with their kind."""
    recipe = recipe.resolved() if isinstance(recipe, Classification) else recipe
    values = {"kind": recipe.kind, **dataclasses.asdict(recipe)}
    values["network"] = {"kind": type(recipe.network).__name__, **values["network"]}
    return values


def from_dict(values: dict) -> AnyRecipe:
    """The recipe that `to_dict` wrote, after a round trip through JSON too.

    Options that nothing reads, which recipes once could set, get their defaults.

    Raises:
        ValueError: the values are not those of a recipe.
    """
    require(isinstance(values, dict), f"Expected a recipe. Received: {values!r:.100}.")
    values = dict(values)
    kind = values.pop("kind", Recipe.kind)  # the first runs had one kind and did not say it
    require(
        isinstance(kind, str) and kind in KINDS,
        f"A recipe's `kind` must be one of {', '.join(KINDS)}. Received: {kind!r}.",
    )
    parts = typing.get_type_hints(KINDS[kind])
    known = {field.name for field in dataclasses.fields(KINDS[kind])}
    unknown = set(values) - known
    require(not unknown, f"A recipe has no part {sorted(unknown)}.")
    require("name" in values, "A recipe must have a `name`. Received: none.")
    values = _read(parts, values)
    return KINDS[kind](**{name: _part(name, parts[name], value) for name, value in values.items()})


def _read(parts, values):
    """The values without the options that nothing reads."""
    chosen, kept = {}, dict(values)
    for part, kind in parts.items():
        given = values.get(part, {})
        if dataclasses.is_dataclass(kind) and isinstance(given, dict):
            default = {field.name: field.default for field in dataclasses.fields(kind)}
            chosen |= {f"{part}.{name}": value for name, value in {**default, **given}.items()}
    for option in unread(chosen):
        part, _, unused = option.partition(".")
        kept[part] = {name: value for name, value in kept[part].items() if name != unused}
    return kept


def _part(name, annotation, value):
    """One part of a recipe: a config, one of several configs by its kind, or a plain value."""
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):
        options = {option.__name__: option for option in typing.get_args(annotation)}
        kind = value.get("kind") if isinstance(value, dict) else value
        require(
            isinstance(kind, str) and kind in options,
            f"The {name}'s `kind` must be one of {', '.join(options)}. Received: {kind!r}.",
        )
        return _made(options[kind], {key: item for key, item in value.items() if key != "kind"})
    return _made(annotation, value) if dataclasses.is_dataclass(annotation) else value


def _made(kind, values):
    """An instance of a config class; JSON's lists become tuples."""
    known = {field.name for field in dataclasses.fields(kind)}
    received = sorted(set(values) - known) if isinstance(values, dict) else values
    require(
        isinstance(values, dict) and not received,
        f"{kind.__name__} takes {', '.join(sorted(known))}. Received: {received!r:.200}.",
    )
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
