"""Group normalization as one multiply-add per pixel."""

import keras
from keras import ops


def dividing_groups(groups, channels):
    """The largest number of groups, at most `groups`, that divides `channels`."""
    return next(count for count in range(min(groups, channels), 0, -1) if channels % count == 0)


@keras.saving.register_keras_serializable("layers")
class GroupNormalization(keras.layers.Layer):
    """Normalises each group of channels of each image to mean 0 and variance 1.

    Use it in convolutional networks trained with small batches; it gives what
    `keras.layers.GroupNormalization` gives, at a fraction of its cost on a CPU: pixels are reduced
    to `(batch, channels)` first, and groups are formed of those few numbers.

    mean, variance over the pixels and channels of a group, in float32 and in two passes (so an
    image whose mean is large against its spread loses no digits);
    output = (x - mean) * (scale / sqrt(variance + epsilon)) + offset.

    Args:
        groups: int >= 1; number of groups. If it does not divide the channels, the largest smaller
            number that does is used: 32 groups become 16 on 16 channels.
        epsilon: float > 0; added to the variance. DDPM uses 1e-6; 1e-5 is PyTorch's default and
            1e-3 that of Keras.

    Call arguments:
        inputs: float, shape `(batch, ..., channels)`, with at least one axis between the two.

    Output shape: that of the input.

    Raises:
        ValueError: if `groups` is below 1, `epsilon` not above 0 or the input has under 3 axes.

    Example:
        ```python
        outputs = GroupNormalization(32)(np.random.normal(size=(8, 32, 32, 64)))
        ```

    References:
        Wu and He 2018, arXiv:1803.08494, equations 1, 2 and 7.
    """

    def __init__(self, groups=32, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        if groups < 1:
            raise ValueError(f"`groups` must be at least 1. Received: groups={groups}")
        if epsilon <= 0:
            raise ValueError(f"`epsilon` must be above 0. Received: epsilon={epsilon}")
        self.groups = groups
        self.epsilon = epsilon

    def build(self, input_shape):
        """Creates the weights for inputs of this shape."""
        if len(input_shape) < 3:
            raise ValueError(
                "Expected an input of shape (batch, ..., channels) with at least 3 axes. "
                f"Received shape: {input_shape}"
            )
        channels = input_shape[-1]
        self.scale = self.add_weight(name="scale", shape=(channels,), initializer="ones")
        self.offset = self.add_weight(name="offset", shape=(channels,), initializer="zeros")

    def call(self, inputs):
        """Applies the layer; arguments and shapes are described at the class."""
        channels = inputs.shape[-1]
        groups = dividing_groups(self.groups, channels)
        inputs32 = ops.cast(inputs, "float32")
        pixels = tuple(range(1, len(inputs.shape) - 1))

        def group_mean(values):  # (batch, 1, ..., channels), equal within a group
            shape = ops.shape(values)
            values = ops.reshape(values, (-1, groups, channels // groups))
            values = ops.repeat(ops.mean(values, axis=-1), channels // groups, axis=-1)
            return ops.reshape(values, shape)

        centred = inputs32 - group_mean(ops.mean(inputs32, axis=pixels, keepdims=True))
        variance = group_mean(ops.mean(ops.square(centred), axis=pixels, keepdims=True))
        factor = ops.cast(self.scale, "float32") * ops.rsqrt(variance + self.epsilon)
        outputs = centred * factor + ops.cast(self.offset, "float32")
        return ops.cast(outputs, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """The shape of what `call` returns."""
        return input_shape

    def get_config(self):
        """The arguments that make the same layer again."""
        return {**super().get_config(), "groups": self.groups, "epsilon": self.epsilon}
