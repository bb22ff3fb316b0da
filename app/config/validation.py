"""Checks of config fields; each failure is a sentence."""

from __future__ import annotations

import dataclasses
import functools
import math
import re
import types
import typing

_WORDS = {
    int: "a whole number",
    float: "a finite number",
    bool: "True or False",
    str: "text",
    types.NoneType: "None",
}


def require(condition: bool, sentence: str) -> None:
    """Raises ValueError with a sentence unless the condition holds."""
    if not condition:
        raise ValueError(sentence)


def positive(config, *names: str) -> None:
    """Raises ValueError unless every named field is above 0."""
    for name in names:
        value = getattr(config, name)
        require(value > 0, f"`{name}` must be above 0. Received: {value}.")


def all_positive(config, *names: str) -> None:
    """Raises ValueError unless every named field holds one number or more, all above 0."""
    for name in names:
        values = getattr(config, name)
        require(
            len(values) > 0 and min(values) > 0,
            f"`{name}` must hold at least one number, all above 0. Received: {values}.",
        )


def between(config, low, high, *names: str) -> None:
    """Raises ValueError unless every named field is in [low, high]."""
    for name in names:
        value = getattr(config, name)
        require(low <= value <= high, f"`{name}` must be in [{low}, {high}]. Received: {value}.")


def import_path(config, name: str) -> None:
    """Raises ValueError unless the named field has the form `module:name`."""
    value = getattr(config, name)
    require(
        re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", value) is not None,
        f"`{name}` must be an import path like my_module:MyClass. Received: {value!r}.",
    )


def check_types(config) -> None:
    """Raises ValueError unless every field is of its annotated type, and numbers are finite.

    Recipe files are Python, which does not look at annotations; the command line does. A whole
    number where a float is annotated becomes one.
    """
    hints = _hints(type(config))
    for field in dataclasses.fields(config):
        value, kind = getattr(config, field.name), hints[field.name]
        require(
            _fits(value, kind), f"`{field.name}` must be {_words(kind)}. Received: {value!r:.200}."
        )
        object.__setattr__(config, field.name, _as_annotated(value, kind))


@functools.cache
def _hints(kind):
    """The annotations of a config class as types."""
    return typing.get_type_hints(kind)


def _fits(value, kind):
    """Whether a value is of an annotated type."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return isinstance(value, str) and value in inner
    if origin in (types.UnionType, typing.Union):
        return any(_fits(value, option) for option in inner)
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(item, inner[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            _fits(key, inner[0]) and _fits(item, inner[1]) for key, item in value.items()
        )
    if kind in (int, float) and isinstance(value, bool):
        return False
    if kind is float:
        return isinstance(value, (int, float)) and math.isfinite(value)
    return isinstance(value, kind)


def _as_annotated(value, kind):
    """A value that fits, with floats where floats are annotated."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union) and type(value) not in inner:
        kind = next(option for option in inner if _fits(value, option))
        return _as_annotated(value, kind)
    if origin is tuple:
        return tuple(_as_annotated(item, inner[0]) for item in value)
    return float(value) if kind is float else value


def _words(kind):
    """An annotated type in words."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return f"one of {', '.join(inner)}"
    if origin in (types.UnionType, typing.Union):
        return " or ".join(dict.fromkeys(map(_words, inner)))
    if origin is tuple:
        return f"a tuple, each item {_words(inner[0])}"
    if origin is dict:
        return f"a dictionary of text to {_words(inner[1])}"
    return _WORDS.get(kind, f"of type {kind.__name__}")
