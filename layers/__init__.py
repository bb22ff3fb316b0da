"""Keras layers of Noisewise; they import keras and numpy only."""

from layers.adaptive_norm import AdaptiveNorm
from layers.attention import SpatialAttention
from layers.condition_embedding import AttributeEmbedding, LabelEmbedding
from layers.gradient_reversal import GradReverse
from layers.group_norm import GroupNormalization
from layers.resample import Downsample, Upsample
from layers.residual_block import ResidualBlock
from layers.time_embedding import SinusoidalEmbedding

__all__ = [
    "AdaptiveNorm",
    "AttributeEmbedding",
    "Downsample",
    "GradReverse",
    "GroupNormalization",
    "LabelEmbedding",
    "ResidualBlock",
    "SinusoidalEmbedding",
    "SpatialAttention",
    "Upsample",
]
