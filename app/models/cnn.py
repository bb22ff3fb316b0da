"""The plain convolutional denoiser: no levels, no attention, every layer at full resolution."""

import keras
from keras import ops

from app.errors import UserError
from app.models.conditioned_network import ConditionedNetwork
from layers import SinusoidalEmbedding


@keras.saving.register_keras_serializable("models")
class PlainCNN(ConditionedNetwork):
    """A stack of wide convolutions that predicts the noise of small images.

    Use it on MNIST-like images, to see a diffusion model train within minutes; the U-Net is better
    on anything larger.

    Each block is gelu(norm(conv(x))); the embedding of the time (and of the class or attributes) is
    added to what the second block reads; a last 3x3 convolution maps to the channels of the image.

    Args:
        channels: list of ints; channels of the blocks, at least one.
        image_channels: int >= 1; channels of the image, 1 grey, 3 colour.
        classes: int or None; number of classes to condition on.
        attributes: int or None; length of the attribute vector to condition on (not with classes).
        kernel_size: odd int; side of the kernels of the blocks, in pixels.
        normalization: "all" normalises over height, width and channels with a weight for each (the
            original; fixes the image size when built), "channels" over the channels of each pixel.

    Call arguments:
        noisy: float, shape `(batch, height, width, image_channels)`.
        time: float, shape `(batch,)`; step of the chain, 0..T-1.
        condition: int labels, shape `(batch,)`, `classes` for none; or attribute vectors, shape
            `(batch, attributes)`, zeros for none; or None.

    Output shape: that of `noisy`.

    Raises:
        UserError: if an argument is out of range, or a condition comes without `classes` or
            `attributes`.

    Example:
        ```python
        network = PlainCNN((16, 32, 32, 16))
        noise = network(np.zeros((8, 28, 28, 1)), np.arange(8))
        ```

    References:
        Denoiser of the MNIST coursework of Cambridge's MPhil in Data Intensive Science (module M2,
        2023), itself after github.com/cloneofsimo/minDiffusion. Theirs embeds time in [0, 1] by 16
        sines of fixed frequencies, ours the step by the 16 sines and cosines of DDPM.
    """

    def __init__(
        self,
        channels=(16, 32, 32, 16),
        image_channels=1,
        classes=None,
        kernel_size=7,
        normalization="all",
        attributes=None,
        **kwargs,
    ):
        options = {
            "channels": channels,
            "image_channels": image_channels,
            "classes": classes,
            "attributes": attributes,
            "kernel_size": kernel_size,
            "normalization": normalization,
        }
        super().__init__(options, classes, attributes, **kwargs)
        if not channels or min(channels) < 1:
            raise UserError(f"`channels` needs one positive number a block. Received: {channels}.")
        if kernel_size < 1 or kernel_size % 2 == 0:
            raise UserError(f"`kernel_size` must be odd and positive. Received: {kernel_size}.")
        if normalization not in ("all", "channels"):
            raise UserError(
                f"`normalization` must be 'all' or 'channels'. Received: {normalization!r}."
            )
        self.channels = tuple(channels)
        self.image_channels = image_channels
        policy = self.dtype_policy
        axis = (1, 2, 3) if normalization == "all" else -1
        self.convolutions = [
            keras.layers.Conv2D(width, kernel_size, padding="same", dtype=policy)
            for width in self.channels
        ]
        self.norms = [
            keras.layers.LayerNormalization(axis=axis, epsilon=1e-5, dtype=policy)
            for _ in self.channels
        ]
        self.time_embedding = SinusoidalEmbedding(32, dtype=policy)
        self.time_layers = [
            *(keras.layers.Dense(128, activation="gelu", dtype=policy) for _ in range(3)),
            keras.layers.Dense(self.channels[0], dtype=policy),
        ]
        self.condition_embedding = self.condition_layer(self.channels[0])
        self.last = keras.layers.Conv2D(image_channels, 3, padding="same", dtype=policy)

    def build(self, noisy_shape, time_shape=None, condition_shape=None):
        """Creates the weights for inputs of this shape."""
        if noisy_shape[-1] != self.image_channels:
            raise UserError(
                f"The network was made for images of {self.image_channels} channels. Received "
                f"images of shape {tuple(noisy_shape)}. Set `image_channels` to match the data."
            )
        shape = tuple(noisy_shape)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            convolution.build(shape)
            shape = (*shape[:-1], convolution.filters)
            norm.build(shape)
        self.last.build(shape)
        self.build_embedding()
        self.built = True

    def call(self, noisy, time, condition=None, training=False):
        """Applies the network; arguments and shapes are described at the class."""
        embedding = self.embed(time, condition)
        hidden = noisy
        for i, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            hidden = ops.gelu(norm(convolution(hidden)), approximate=False)
            if i == 0:
                hidden = hidden + embedding[:, None, None, :]
        return self.last(hidden)
