"""Where in the image a token lies, as sines and cosines of its column and its row."""

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("layers")
class GridPosition(keras.layers.Layer):
    """Adds to each token of a grid a fixed vector that says its column and its row.

    Use it once, after the patches became tokens: without it a transformer sees a bag of patches.
    Nothing is learned.

    With quarter = channels // 4 and i = 0..quarter-1, frequency_i = maximum_period ** (-i/quarter):
    vector = [sin(column * f), cos(column * f), sin(row * f), cos(row * f)], added to the token.

    Args:
        columns: int >= 1; tokens side by side; must divide their number. They come row by row.
        maximum_period: float > 1; bounds the slowest wave, in tokens (times 2 pi).

    Call arguments:
        tokens: float, shape `(batch, tokens, channels)`; 4 must divide the channels.

    Output shape: that of the tokens.

    Raises:
        ValueError: if an argument is out of range or does not fit the tokens.

    Example:
        ```python
        tokens = GridPosition(columns=7)(np.zeros((8, 49, 64)))
        ```

    References:
        Peebles and Xie 2022, arXiv:2212.09748 (`get_2d_sincos_pos_embed` of the authors' code:
        columns first), after Vaswani et al. 2017, arXiv:1706.03762, section 3.5.
    """

    def __init__(self, columns, maximum_period=10000.0, **kwargs):
        super().__init__(**kwargs)
        if columns < 1:
            raise ValueError(f"`columns` must be at least 1. Received: columns={columns}")
        if maximum_period <= 1:
            raise ValueError(
                f"`maximum_period` must be above 1. Received: maximum_period={maximum_period}"
            )
        self.columns = columns
        self.maximum_period = maximum_period

    def build(self, tokens_shape):
        """Computes the table for tokens of this shape; there are no weights."""
        _, count, channels = tokens_shape
        if count % self.columns or channels % 4:
            raise ValueError(
                f"Expected whole rows of {self.columns} tokens, and channels that 4 divides. "
                f"Received tokens of shape {tuple(tokens_shape)}."
            )
        quarter = channels // 4
        frequencies = self.maximum_period ** -(np.arange(quarter, dtype="float64") / quarter)
        rows, columns = np.divmod(np.arange(count), self.columns)
        angles = [place[:, None] * frequencies for place in (columns, rows)]
        waves = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
        self._table = np.concatenate(waves, axis=1).astype("float32")

    def call(self, tokens):
        """Applies the layer; arguments and shapes are described at the class."""
        return tokens + ops.cast(self._table, tokens.dtype)

    def compute_output_shape(self, tokens_shape):
        """The shape of what `call` returns."""
        return tokens_shape

    def get_config(self):
        """The arguments that make the same layer again."""
        return {
            **super().get_config(),
            "columns": self.columns,
            "maximum_period": self.maximum_period,
        }
