"""Keras layers of Noisewise; they import keras and numpy only."""

from layers.adaptive_norm import AdaptiveNorm
from layers.attention import SpatialAttention
from layers.condition_embedding import AttributeEmbedding, LabelEmbedding
from layers.gradient_reversal import GradReverse
from layers.group_norm import GroupNormalization
from layers.patches import Patchify, Unpatchify
from layers.position_embedding import GridPosition
from layers.resample import Downsample, Upsample
from layers.residual_block import ResidualBlock
from layers.self_attention import SelfAttention
from layers.time_embedding import SinusoidalEmbedding
from layers.transformer_block import TransformerBlock

__all__ = [
    "AdaptiveNorm",
    "AttributeEmbedding",
    "Downsample",
    "GradReverse",
    "GridPosition",
    "GroupNormalization",
    "LabelEmbedding",
    "Patchify",
    "ResidualBlock",
    "SelfAttention",
    "SinusoidalEmbedding",
    "SpatialAttention",
    "TransformerBlock",
    "Unpatchify",
    "Upsample",
]
