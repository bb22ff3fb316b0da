"""Group normalization as one multiply-add per pixel."""

import keras
from keras import ops


def dividing_groups(groups, channels):
    """The largest number of groups, at most `groups`, that divides `channels`."""
    return next(count for count in range(min(groups, channels), 0, -1) if channels % count == 0)


def normalised(inputs, scale, offset, groups, epsilon):
    """Group normalization of float32 tensors, with a gradient of three passes over the pixels.

    With c = inputs - mean, r = 1 / sqrt(variance + epsilon), output = c * r * scale + offset, and u
    the gradient of the output, M[...] the mean over a group as the forward pass takes it:

        d offset = sum(u), d scale = sum(u * c * r), both over batch and pixels;
        d inputs = r * (u * scale - M[u * scale] - c * r * M[u * scale * c * r]).

    Automatic differentiation gives the same numbers through about twice as many passes.
    """
    pixels = tuple(range(1, len(inputs.shape) - 1))

    def pixel_mean(values):  # (batch, 1, ..., channels)
        return ops.mean(values, axis=pixels, keepdims=True)

    def group_mean(values):  # of the mean over the pixels; equal within a group
        shape = ops.shape(values)
        channels = shape[-1]
        values = ops.reshape(values, (-1, groups, channels // groups))
        values = ops.repeat(ops.mean(values, axis=-1), channels // groups, axis=-1)
        return ops.reshape(values, shape)

    @ops.custom_gradient
    def forward(inputs, scale, offset):
        centred = inputs - group_mean(pixel_mean(inputs))
        rate = ops.rsqrt(group_mean(pixel_mean(ops.square(centred))) + epsilon)

        def gradient(*arguments, upstream=None):
            if upstream is None:
                (upstream,) = arguments
            mean = pixel_mean(upstream)
            product = pixel_mean(upstream * centred) * rate
            inputs_gradient = upstream * (rate * scale) - (
                centred * (ops.square(rate) * group_mean(product * scale))
                + rate * group_mean(mean * scale)
            )
            every = tuple(range(len(inputs.shape) - 1))
            count = ops.cast(ops.prod(ops.shape(inputs)[1:-1]), "float32")
            return (
                inputs_gradient,
                ops.sum(product, axis=every) * count,
                ops.sum(mean, axis=every) * count,
            )

        return centred * (rate * scale) + offset, gradient

    return forward(inputs, scale, offset)


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
        groups = dividing_groups(self.groups, inputs.shape[-1])
        numbers = (ops.cast(each, "float32") for each in (inputs, self.scale, self.offset))
        outputs = normalised(*numbers, groups=groups, epsilon=self.epsilon)
        return ops.cast(outputs, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """The shape of what `call` returns."""
        return input_shape

    def get_config(self):
        """The arguments that make the same layer again."""
        return {**super().get_config(), "groups": self.groups, "epsilon": self.epsilon}
