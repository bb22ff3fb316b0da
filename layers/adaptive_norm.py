"""Normalization whose scale, shift and gate come from the condition (adaLN-Zero)."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("layers")
class AdaptiveNorm(keras.layers.Layer):
    """Normalises tokens, then scales and shifts them by what the condition says.

    Use it before each branch of a transformer block, as
    `modulated, gate = norm(tokens, condition); tokens = tokens + gate * branch(modulated)`.
    Everything the condition says starts at zero: a new block passes its input on.

    scale, shift, gate = dense(swish(condition));
    modulated = layer_norm(x) * (1 + scale) + shift, layer_norm over the channels, in float32,
    without weights of its own.

    Args:
        gate: bool; True also returns the gate (branches of a block), False only the modulated
            tokens (the last layer of a network).
        epsilon: float > 0; added to the variance. 1e-6 as in DiT.

    Call arguments:
        inputs: float, shape `(batch, ..., channels)`.
        condition: float, shape `(batch, dimension)`.

    Output shape: `(batch, ..., channels)`, and with `gate` a second one of shape
        `(batch, 1, ..., channels)` to multiply the branch by.

    Raises:
        ValueError: if `epsilon` is not above 0.

    Example:
        ```python
        modulated, gate = AdaptiveNorm()(np.zeros((8, 49, 64)), np.zeros((8, 128)))
        ```

    References:
        Peebles and Xie 2022, arXiv:2212.09748, section 3.2 and figure 3.
    """

    def __init__(self, gate=True, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        if epsilon <= 0:
            raise ValueError(f"`epsilon` must be above 0. Received: epsilon={epsilon}")
        self.gate = gate
        self.epsilon = epsilon

    def build(self, inputs_shape, condition_shape):
        """Creates the weights for inputs of this shape."""
        self.projection = keras.layers.Dense(
            (3 if self.gate else 2) * inputs_shape[-1],
            kernel_initializer="zeros",
            dtype=self.dtype_policy,
        )
        self.projection.build(condition_shape)

    def call(self, inputs, condition):
        """Applies the layer; arguments and shapes are described at the class."""
        says = self.projection(ops.swish(condition))
        middle = (1,) * (len(inputs.shape) - 2)
        says = ops.reshape(says, (-1, *middle, says.shape[-1]))
        parts = ops.split(says, 3 if self.gate else 2, axis=-1)
        inputs32 = ops.cast(inputs, "float32")
        centred = inputs32 - ops.mean(inputs32, axis=-1, keepdims=True)
        variance = ops.mean(ops.square(centred), axis=-1, keepdims=True)
        normal = ops.cast(centred * ops.rsqrt(variance + self.epsilon), self.compute_dtype)
        modulated = normal * (1 + parts[0]) + parts[1]
        return (modulated, parts[2]) if self.gate else modulated

    def compute_output_shape(self, inputs_shape, condition_shape):
        """The shape of what `call` returns."""
        if not self.gate:
            return inputs_shape
        middle = (1,) * (len(inputs_shape) - 2)
        return inputs_shape, (inputs_shape[0], *middle, inputs_shape[-1])

    def get_config(self):
        """The arguments that make the same layer again."""
        return {**super().get_config(), "gate": self.gate, "epsilon": self.epsilon}
