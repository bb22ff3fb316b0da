"""Halving and doubling the sides of a feature map."""

import keras
from keras import ops

DOWNSAMPLES = ("convolution", "padded_convolution", "max_pool")
UPSAMPLES = ("convolution", "bilinear")


@keras.saving.register_keras_serializable("layers")
class Downsample(keras.layers.Layer):
    """Halves height and width.

    Use it between the levels of a U-Net. "convolution" is DDPM's: a learned 3x3 convolution of
    stride 2 that pads even sides below and to the right only (`downsample_padding=0` of diffusers).
    "padded_convolution" pads one pixel on all four sides, as most PyTorch ports do, and gives other
    numbers. "max_pool" keeps the largest of each 2x2.

    Args:
        kind: "convolution", "padded_convolution" or "max_pool".

    Call arguments:
        inputs: float, shape `(batch, height, width, channels)`.

    Output shape: `(batch, ceil(height / 2), ceil(width / 2), channels)`.

    Raises:
        ValueError: if `kind` is unknown.

    Example:
        ```python
        outputs = Downsample()(np.zeros((8, 32, 32, 64)))  # (8, 16, 16, 64)
        ```

    References:
        Ho et al. 2020, arXiv:2006.11239 (`downsample` of the authors' `unet.py`).
    """

    def __init__(self, kind="convolution", **kwargs):
        super().__init__(**kwargs)
        if kind not in DOWNSAMPLES:
            raise ValueError(f"`kind` must be one of {DOWNSAMPLES}. Received: kind={kind!r}")
        self.kind = kind

    def build(self, inputs_shape):
        """Creates the weights for inputs of this shape."""
        if self.kind == "max_pool":
            self.reduce = keras.layers.MaxPooling2D(2, padding="same", dtype=self.dtype_policy)
        else:
            padding = "same" if self.kind == "convolution" else "valid"
            self.reduce = keras.layers.Conv2D(
                inputs_shape[-1], 3, strides=2, padding=padding, dtype=self.dtype_policy
            )
        self.reduce.build(inputs_shape)

    def call(self, inputs):
        """Applies the layer; arguments and shapes are described at the class."""
        if self.kind == "padded_convolution":
            inputs = ops.pad(inputs, ((0, 0), (1, 1), (1, 1), (0, 0)))
        return self.reduce(inputs)

    def compute_output_shape(self, inputs_shape):
        """The shape of what `call` returns."""
        batch, height, width, channels = inputs_shape
        half = [side if side is None else (side + 1) // 2 for side in (height, width)]
        return (batch, *half, channels)

    def get_config(self):
        """The arguments that make the same layer again."""
        return {**super().get_config(), "kind": self.kind}


@keras.saving.register_keras_serializable("layers")
class Upsample(keras.layers.Layer):
    """Doubles height and width.

    Use it between the levels of a U-Net. "convolution" is DDPM's: each pixel is repeated in a 2x2
    square, then a learned 3x3 convolution follows. "bilinear" interpolates and learns nothing.

    Args:
        kind: "convolution" or "bilinear".

    Call arguments:
        inputs: float, shape `(batch, height, width, channels)`.

    Output shape: `(batch, 2 * height, 2 * width, channels)`.

    Raises:
        ValueError: if `kind` is unknown.

    Example:
        ```python
        outputs = Upsample()(np.zeros((8, 16, 16, 64)))  # (8, 32, 32, 64)
        ```

    References:
        Ho et al. 2020, arXiv:2006.11239 (`upsample` of the authors' `unet.py`).
    """

    def __init__(self, kind="convolution", **kwargs):
        super().__init__(**kwargs)
        if kind not in UPSAMPLES:
            raise ValueError(f"`kind` must be one of {UPSAMPLES}. Received: kind={kind!r}")
        self.kind = kind

    def build(self, inputs_shape):
        """Creates the weights for inputs of this shape."""
        if self.kind == "convolution":
            self.convolution = keras.layers.Conv2D(
                inputs_shape[-1], 3, padding="same", dtype=self.dtype_policy
            )
            self.convolution.build(self.compute_output_shape(inputs_shape))

    def call(self, inputs):
        """Applies the layer; arguments and shapes are described at the class."""
        _, height, width, channels = ops.shape(inputs)
        if self.kind == "bilinear":
            outputs = ops.image.resize(inputs, (2 * height, 2 * width), interpolation="bilinear")
            return ops.cast(outputs, self.compute_dtype)
        # Nearest neighbour by copies of whole rows: cheaper than a gather, forward and backward.
        wide = ops.reshape(ops.concatenate([inputs, inputs], -1), (-1, height, 2 * width, channels))
        tall = ops.concatenate([wide, wide], axis=2)
        return self.convolution(ops.reshape(tall, (-1, 2 * height, 2 * width, channels)))

    def compute_output_shape(self, inputs_shape):
        """The shape of what `call` returns."""
        batch, height, width, channels = inputs_shape
        twice = [side if side is None else 2 * side for side in (height, width)]
        return (batch, *twice, channels)

    def get_config(self):
        """The arguments that make the same layer again."""
        return {**super().get_config(), "kind": self.kind}
