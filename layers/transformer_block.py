"""The block of a diffusion transformer, told the time and the condition (adaLN-Zero)."""

import keras
from keras import ops

from layers.adaptive_norm import AdaptiveNorm
from layers.self_attention import SelfAttention


@keras.saving.register_keras_serializable("layers")
class TransformerBlock(keras.layers.Layer):
    """Attention, then a network of two layers on each token, both steered by the condition.

    Use it as the unit of a transformer on patches of an image. Both gates start at zero, so that a
    new block passes its tokens on and deep networks train from the first step.

    modulated, gate = adaptive_norm(x, condition); x = x + gate * attention(modulated);
    modulated, gate = adaptive_norm(x, condition); output = x + gate * mlp(modulated),
    mlp(x) = dense(gelu(dense(x))), gelu in its tanh form.

    Args:
        heads: int >= 1; heads of the attention; must divide the channels.
        expansion: float > 0; width of the hidden layer over the channels. 4 as in DiT.
        kernel: str; how attention is computed, see `layers.attention_kernels`.
        epsilon: float > 0; of the normalizations. 1e-6 as in DiT.

    Call arguments:
        tokens: float, shape `(batch, tokens, channels)`.
        condition: float, shape `(batch, dimension)`; time and condition.

    Output shape: that of the tokens.

    Raises:
        ValueError: if `expansion` is not above 0, the heads do not divide the channels, or
            `kernel` is unknown.

    Example:
        ```python
        outputs = TransformerBlock(heads=4)(np.zeros((8, 49, 64)), np.zeros((8, 64)))
        ```

    References:
        Peebles and Xie 2022, arXiv:2212.09748, section 3.2 and figure 3.
    """

    def __init__(self, heads, expansion=4.0, kernel="standard", epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        if expansion <= 0:
            raise ValueError(f"`expansion` must be above 0. Received: expansion={expansion}")
        self.heads = heads
        self.expansion = expansion
        self.kernel = kernel
        self.epsilon = epsilon
        policy = self.dtype_policy
        self.attention_norm = AdaptiveNorm(epsilon=epsilon, dtype=policy)
        self.attention = SelfAttention(heads, kernel, dtype=policy)
        self.mlp_norm = AdaptiveNorm(epsilon=epsilon, dtype=policy)

    def build(self, tokens_shape, condition_shape):
        """Creates the weights for inputs of this shape."""
        channels = tokens_shape[-1]
        hidden = int(self.expansion * channels)
        self.attention_norm.build(tokens_shape, condition_shape)
        self.attention.build(tokens_shape)
        self.mlp_norm.build(tokens_shape, condition_shape)
        self.hidden = keras.layers.Dense(hidden, dtype=self.dtype_policy)
        self.hidden.build(tokens_shape)
        self.projection = keras.layers.Dense(channels, dtype=self.dtype_policy)
        self.projection.build((*tokens_shape[:-1], hidden))

    def call(self, tokens, condition):
        """Applies the layer; arguments and shapes are described at the class."""
        modulated, gate = self.attention_norm(tokens, condition)
        tokens = tokens + gate * self.attention(modulated)
        modulated, gate = self.mlp_norm(tokens, condition)
        hidden = ops.gelu(self.hidden(modulated), approximate=True)
        return tokens + gate * self.projection(hidden)

    def compute_output_shape(self, tokens_shape, condition_shape=None):
        """The shape of what `call` returns."""
        return tokens_shape

    def get_config(self):
        """The arguments that make the same layer again."""
        return {
            **super().get_config(),
            "heads": self.heads,
            "expansion": self.expansion,
            "kernel": self.kernel,
            "epsilon": self.epsilon,
        }
