"""Sinusoidal embedding of a position, such as the step of a diffusion chain."""

import math

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("layers")
class SinusoidalEmbedding(keras.layers.Layer):
    """Maps a scalar position to sines and cosines of geometrically falling frequencies.

    Use it to tell a network the step of a diffusion chain. The positions are raw: pass DDPM steps
    0..999, not times in [0, 1], or the lowest frequencies cannot tell the steps apart.

    With half = dimension // 2 and i = 0..half-1:
    frequency_i = maximum_period ** (-i / (half - frequency_shift)),
    output = [sin(value * frequency), cos(value * frequency)], then one zero if dimension is odd.

    Args:
        dimension: int >= 4; length of the embedding, no unit.
        maximum_period: float > 1; the slowest wave turns once in 2 pi * maximum_period positions.
        cosine_first: bool; True puts the cosines first (ADM, the default of diffusers), False the
            sines (DDPM).
        frequency_shift: int 0 or 1; 1 makes the slowest frequency exactly 1 / maximum_period
            (DDPM), 0 stops one step before it (ADM).

    Call arguments:
        values: positions, shape `(batch,)`; floats or integers, fractions allowed.

    Output shape: `(batch, dimension)`. Angles are computed in float32 under any dtype policy.

    Raises:
        ValueError: if `dimension` is below 4, `maximum_period` not above 1 or `frequency_shift`
            neither 0 nor 1.

    Example:
        ```python
        embedding = SinusoidalEmbedding(128)(keras.ops.arange(8))  # (8, 128)
        ```

    References:
        Vaswani et al. 2017, arXiv:1706.03762, section 3.5. DDPM's ordering and exponent:
        Ho, Jain, Abbeel 2020, arXiv:2006.11239 (`nn.py` of the authors' code).
    """

    def __init__(
        self, dimension, maximum_period=10000.0, cosine_first=False, frequency_shift=1, **kwargs
    ):
        kwargs["autocast"] = False  # float16 cannot tell apart the steps above 2048
        super().__init__(**kwargs)
        if dimension < 4:
            raise ValueError(f"`dimension` must be at least 4. Received: dimension={dimension}")
        if maximum_period <= 1:
            raise ValueError(
                f"`maximum_period` must be above 1. Received: maximum_period={maximum_period}"
            )
        if frequency_shift not in (0, 1):
            raise ValueError(
                f"`frequency_shift` must be 0 or 1. Received: frequency_shift={frequency_shift}"
            )
        self.dimension = dimension
        self.maximum_period = maximum_period
        self.cosine_first = cosine_first
        self.frequency_shift = frequency_shift
        half = dimension // 2
        exponents = np.arange(half, dtype="float64") / (half - frequency_shift)
        self._frequencies = np.exp(-math.log(maximum_period) * exponents).astype("float32")

    def call(self, values):
        """Applies the layer; arguments and shapes are described at the class."""
        angles = ops.cast(values, "float32")[:, None] * self._frequencies[None, :]
        parts = [ops.sin(angles), ops.cos(angles)]
        embedding = ops.concatenate(parts[::-1] if self.cosine_first else parts, axis=-1)
        if self.dimension % 2:
            embedding = ops.pad(embedding, ((0, 0), (0, 1)))
        return ops.cast(embedding, self.compute_dtype)

    def compute_output_shape(self, values_shape):
        """The shape of what `call` returns."""
        return (values_shape[0], self.dimension)

    def get_config(self):
        """The arguments that make the same layer again."""
        return {
            **super().get_config(),
            "dimension": self.dimension,
            "maximum_period": self.maximum_period,
            "cosine_first": self.cosine_first,
            "frequency_shift": self.frequency_shift,
        }
