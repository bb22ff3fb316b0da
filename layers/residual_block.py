"""The residual block of diffusion U-Nets."""

import keras
from keras import ops

from layers.group_norm import GroupNormalization


@keras.saving.register_keras_serializable("layers")
class ResidualBlock(keras.layers.Layer):
    """Two convolutions with a shortcut, told the time and the condition between them.

    Use it as the unit of a diffusion U-Net. The second convolution starts at zero, so that a new
    block passes its input on and deep networks train from the first step.

    hidden = conv(swish(norm(x))); e = dense(swish(embedding));
    hidden = norm(hidden + e), or norm(hidden) * (1 + e_scale) + e_shift with `scale_shift`;
    output = shortcut(x) + conv(dropout(swish(hidden))).

    Args:
        channels: int >= 1; channels of the output. Where the input has another number, the shortcut
            is a 1x1 convolution.
        dropout: float in [0, 1); share of the activations dropped before the last convolution.
        groups: int >= 1; groups of the normalization (the largest divisor of the channels below).
        epsilon: float > 0; added to the variance of a group.
        scale_shift: bool; False adds the embedding (DDPM), True lets it scale and shift (ADM).

    Call arguments:
        inputs: float, shape `(batch, height, width, input_channels)`.
        embedding: float, shape `(batch, dimension)`; time and condition. None leaves it out.
        training: bool; True drops activations.

    Output shape: `(batch, height, width, channels)`.

    Raises:
        ValueError: if `channels` is below 1, `dropout` outside [0, 1), or `scale_shift` is used
            without an embedding.

    Example:
        ```python
        outputs = ResidualBlock(64)(np.zeros((8, 32, 32, 32)), np.zeros((8, 256)))
        ```

    References:
        Ho et al. 2020, arXiv:2006.11239, appendix B; scale and shift: Nichol and Dhariwal 2021,
        arXiv:2102.09672, section 3.
    """

    def __init__(self, channels, dropout=0.0, groups=32, epsilon=1e-6, scale_shift=False, **kwargs):
        super().__init__(**kwargs)
        if channels < 1:
            raise ValueError(f"`channels` must be at least 1. Received: channels={channels}")
        if not 0 <= dropout < 1:
            raise ValueError(f"`dropout` must be in [0, 1). Received: dropout={dropout}")
        self.channels = channels
        self.dropout = dropout
        self.groups = groups
        self.epsilon = epsilon
        self.scale_shift = scale_shift
        policy = self.dtype_policy
        self.first_norm = GroupNormalization(groups, epsilon, dtype=policy)
        self.first_convolution = keras.layers.Conv2D(channels, 3, padding="same", dtype=policy)
        self.projection = keras.layers.Dense(channels * (2 if scale_shift else 1), dtype=policy)
        self.second_norm = GroupNormalization(groups, epsilon, dtype=policy)
        self.drop = keras.layers.Dropout(dropout, dtype=policy) if dropout else None
        self.second_convolution = keras.layers.Conv2D(
            channels, 3, padding="same", kernel_initializer="zeros", dtype=policy
        )
        self.shortcut = None

    def build(self, inputs_shape, embedding_shape=None):
        """Creates the weights for inputs of this shape."""
        if self.scale_shift and embedding_shape is None:
            raise ValueError(
                "`scale_shift=True` needs an embedding to scale and shift by. Received: "
                "embedding=None. Pass an embedding or set `scale_shift=False`."
            )
        hidden_shape = (*inputs_shape[:-1], self.channels)
        self.first_norm.build(inputs_shape)
        self.first_convolution.build(inputs_shape)
        if embedding_shape is not None:
            self.projection.build(embedding_shape)
        self.second_norm.build(hidden_shape)
        self.second_convolution.build(hidden_shape)
        if inputs_shape[-1] != self.channels:
            self.shortcut = keras.layers.Conv2D(self.channels, 1, dtype=self.dtype_policy)
            self.shortcut.build(inputs_shape)

    def call(self, inputs, embedding=None, training=False):
        """Applies the layer; arguments and shapes are described at the class."""
        hidden = self.first_convolution(ops.swish(self.first_norm(inputs)))
        if embedding is None:
            hidden = self.second_norm(hidden)
        else:
            embedding = self.projection(ops.swish(embedding))[:, None, None, :]
            if self.scale_shift:
                scale, shift = ops.split(embedding, 2, axis=-1)
                hidden = self.second_norm(hidden) * (1 + scale) + shift
            else:
                hidden = self.second_norm(hidden + embedding)
        hidden = ops.swish(hidden)
        if self.drop is not None:
            hidden = self.drop(hidden, training=training)
        shortcut = inputs if self.shortcut is None else self.shortcut(inputs)
        return shortcut + self.second_convolution(hidden)

    def compute_output_shape(self, inputs_shape, embedding_shape=None):
        """The shape of what `call` returns."""
        return (*inputs_shape[:-1], self.channels)

    def get_config(self):
        """The arguments that make the same layer again."""
        return {
            **super().get_config(),
            "channels": self.channels,
            "dropout": self.dropout,
            "groups": self.groups,
            "epsilon": self.epsilon,
            "scale_shift": self.scale_shift,
        }
