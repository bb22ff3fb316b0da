"""Self-attention between tokens, in heads."""

import keras
from keras import ops

from layers.attention_kernels import attend, check_kernel


@keras.saving.register_keras_serializable("layers")
class SelfAttention(keras.layers.Layer):
    """Lets every token read every other one, several heads side by side.

    Use it as the first branch of a transformer block; `SpatialAttention` is the one for feature
    maps, with norm and shortcut of its own.

    q, k, v = dense(x), split into heads of d = channels / heads;
    output = projection(softmax(q k^T / sqrt(d)) v).

    Args:
        heads: int >= 1; number of heads; must divide the channels.
        kernel: "standard", "memory_efficient" or "flash"; how the attention is computed, see
            `layers.attention_kernels`. The weights and the output are the same.

    Call arguments:
        tokens: float, shape `(batch, tokens, channels)`.

    Output shape: that of the tokens.

    Raises:
        ValueError: if the heads do not divide the channels, or `kernel` is unknown.

    Example:
        ```python
        outputs = SelfAttention(heads=6)(np.zeros((8, 256, 384)))
        ```

    References:
        Vaswani et al. 2017, arXiv:1706.03762, section 3.2.2.
    """

    def __init__(self, heads, kernel="standard", **kwargs):
        super().__init__(**kwargs)
        check_kernel(kernel)
        if heads < 1:
            raise ValueError(f"`heads` must be at least 1. Received: heads={heads}")
        self.heads = heads
        self.kernel = kernel

    def build(self, tokens_shape):
        """Creates the weights for inputs of this shape."""
        channels = tokens_shape[-1]
        if channels % self.heads:
            raise ValueError(
                f"`heads` must divide the {channels} channels. Received: heads={self.heads}"
            )
        self.read = keras.layers.Dense(3 * channels, dtype=self.dtype_policy)
        self.read.build(tokens_shape)
        self.projection = keras.layers.Dense(channels, dtype=self.dtype_policy)
        self.projection.build(tokens_shape)

    def call(self, tokens):
        """Applies the layer; arguments and shapes are described at the class."""
        count, channels = tokens.shape[1:]
        # (batch, tokens, 3 * channels) to three of (batch, heads, tokens, size)
        parts = ops.reshape(self.read(tokens), (-1, count, 3, self.heads, channels // self.heads))
        query, key, value = ops.unstack(ops.transpose(parts, (2, 0, 3, 1, 4)), num=3)
        read = ops.transpose(attend(query, key, value, self.kernel), (0, 2, 1, 3))
        return self.projection(ops.reshape(read, (-1, count, channels)))

    def compute_output_shape(self, tokens_shape):
        """The shape of what `call` returns."""
        return tokens_shape

    def get_config(self):
        """The arguments that make the same layer again."""
        return {**super().get_config(), "heads": self.heads, "kernel": self.kernel}
