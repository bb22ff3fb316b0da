"""Self-attention between the pixels of a feature map."""

import keras
from keras import ops

from layers.attention_kernels import attend, check_kernel
from layers.group_norm import GroupNormalization


@keras.saving.register_keras_serializable("layers")
class SpatialAttention(keras.layers.Layer):
    """Lets every pixel of a feature map read every other one, then adds the result.

    Use it at the coarse levels of a U-Net, since its cost grows with the square of the number of
    pixels. The last projection starts at zero, so that a new layer passes its input on.

    q, k, v = dense(norm(x)), split into heads of d channels;
    output = x + projection(softmax(q k^T / sqrt(d)) v), softmax over the pixels in float32.

    Args:
        heads: int >= 1; number of heads; must divide the channels. Ignored with `head_dimension`.
        head_dimension: int >= 1 or None; channels of a head, instead of a number of heads.
        kernel: "standard", "memory_efficient" or "flash"; how the attention is computed, see
            `layers.attention_kernels`. The weights and the output are the same.
        groups: int >= 1; groups of the normalization (the largest divisor of the channels below).
        epsilon: float > 0; added to the variance of a group.

    Call arguments:
        inputs: float, shape `(batch, height, width, channels)`.

    Output shape: that of the input.

    Raises:
        ValueError: if the heads do not divide the channels, or `kernel` is unknown.

    Example:
        ```python
        outputs = SpatialAttention(heads=4)(np.zeros((8, 16, 16, 128)))
        ```

    References:
        Ho et al. 2020, arXiv:2006.11239, appendix B; heads: Nichol and Dhariwal 2021,
        arXiv:2102.09672, section 3.
    """

    def __init__(
        self, heads=1, head_dimension=None, kernel="standard", groups=32, epsilon=1e-6, **kwargs
    ):
        super().__init__(**kwargs)
        check_kernel(kernel)
        self.heads = heads
        self.head_dimension = head_dimension
        self.kernel = kernel
        self.groups = groups
        self.epsilon = epsilon
        self.norm = GroupNormalization(groups, epsilon, dtype=self.dtype_policy)

    def build(self, inputs_shape):
        """Creates the weights for inputs of this shape."""
        channels = inputs_shape[-1]
        size = self.head_dimension or max(channels // max(self.heads, 1), 1)
        if channels % size or (self.head_dimension is None and size * self.heads != channels):
            raise ValueError(
                f"The heads must divide the {channels} channels. Received: heads={self.heads}, "
                f"head_dimension={self.head_dimension}"
            )
        self._size = size
        self.norm.build(inputs_shape)
        # One matrix for q, k and v; scale 2 gives each third the Glorot limits of a square matrix.
        glorot = keras.initializers.VarianceScaling(2.0, "fan_avg", "uniform")
        policy = self.dtype_policy
        self.read = keras.layers.Dense(3 * channels, kernel_initializer=glorot, dtype=policy)
        self.read.build((inputs_shape[0], None, channels))
        self.projection = keras.layers.Dense(channels, kernel_initializer="zeros", dtype=policy)
        self.projection.build((inputs_shape[0], None, channels))

    def call(self, inputs):
        """Applies the layer; arguments and shapes are described at the class."""
        _, height, width, channels = ops.shape(inputs)
        tokens = ops.reshape(self.norm(inputs), (-1, height * width, channels))
        query, key, value = ops.split(self.read(tokens), 3, axis=-1)
        heads = channels // self._size
        if heads > 1:
            query, key, value = (self._split(part, heads) for part in (query, key, value))
        read = attend(query, key, value, self.kernel)
        if heads > 1:
            read = ops.transpose(read, (0, 2, 1, 3))
            read = ops.reshape(read, (-1, height * width, channels))
        return inputs + ops.reshape(self.projection(read), (-1, height, width, channels))

    def _split(self, tokens, heads):
        """(batch, pixels, channels) to (batch, heads, pixels, size)."""
        tokens = ops.reshape(tokens, (-1, tokens.shape[1], heads, self._size))
        return ops.transpose(tokens, (0, 2, 1, 3))

    def compute_output_shape(self, inputs_shape):
        """The shape of what `call` returns."""
        return inputs_shape

    def get_config(self):
        """The arguments that make the same layer again."""
        return {
            **super().get_config(),
            "heads": self.heads,
            "head_dimension": self.head_dimension,
            "kernel": self.kernel,
            "groups": self.groups,
            "epsilon": self.epsilon,
        }
