"""Checks of config fields; each failure is a sentence."""

from __future__ import annotations


def require(condition: bool, sentence: str) -> None:
    """Raises ValueError with a sentence unless the condition holds."""
    if not condition:
        raise ValueError(sentence)


def positive(config, *names: str) -> None:
    """Raises ValueError unless every named field is above 0."""
    for name in names:
        value = getattr(config, name)
        require(value > 0, f"`{name}` must be above 0. Received: {value}.")


def between(config, low, high, *names: str) -> None:
    """Raises ValueError unless every named field is in [low, high]."""
    for name in names:
        value = getattr(config, name)
        require(low <= value <= high, f"`{name}` must be in [{low}, {high}]. Received: {value}.")
