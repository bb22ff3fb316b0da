"""Keras callbacks of Noisewise; each works in a plain ``model.fit``.

Their order in `callbacks` matters: NanGuard, weight averages, AverageSnapshots, SampleGrid and
FrechetLogger, BestCheckpoint, loggers, and ResumeCheckpoint last.
"""

from callbacks.average_snapshots import AverageSnapshots
from callbacks.best_checkpoint import BestCheckpoint
from callbacks.exponential_average import ExponentialMovingAverage
from callbacks.frechet_logger import FrechetLogger
from callbacks.image_grid import grid, write_png
from callbacks.interrupt_guard import InterruptGuard
from callbacks.nan_guard import NanGuard
from callbacks.power_average import PowerFunctionAverage
from callbacks.resume import ResumeCheckpoint
from callbacks.sample_grid import SampleGrid
from callbacks.stochastic_average import StochasticWeightAveraging
from callbacks.training_cost import TrainingCost

__all__ = [
    "AverageSnapshots",
    "BestCheckpoint",
    "ExponentialMovingAverage",
    "FrechetLogger",
    "InterruptGuard",
    "NanGuard",
    "PowerFunctionAverage",
    "ResumeCheckpoint",
    "SampleGrid",
    "StochasticWeightAveraging",
    "TrainingCost",
    "grid",
    "write_png",
]
