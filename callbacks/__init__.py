"""Keras callbacks of Noisewise; each works in a plain ``model.fit``."""

from callbacks.exponential_average import ExponentialMovingAverage
from callbacks.stochastic_average import StochasticWeightAveraging

__all__ = ["ExponentialMovingAverage", "StochasticWeightAveraging"]
