"""The U-Net of DDPM, with its variants as options."""

import inspect

import keras
from keras import ops

from app.errors import UserError
from app.models.conditioned_network import ConditionedNetwork
from app.models.unet_parts import Stage, build_part, level_sides, pass_part
from layers import (
    Downsample,
    GroupNormalization,
    SinusoidalEmbedding,
    Upsample,
)
from layers.patches import depth_to_space, space_to_depth


@keras.saving.register_keras_serializable("models")
class Unet(ConditionedNetwork):
    """Predicts the noise of an image from coarse to fine and back, with skips between the halves.

    Use it as the network of a diffusion model on images. The defaults are DDPM's for 32x32; with
    `downsample="max_pool", upsample="bilinear"` and no attention it is the lighter U-Net of many
    tutorials. `patch_size=2` quarters the work of every layer, which suits a CPU.

    Levels run at the sides image_size / patch_size / 2^level. Going down, a level is `blocks`
    residual blocks (each followed by attention at the chosen sides) and a halving; going up, one
    block more, each reading the skip it mirrors, and a doubling.
    embedding = dense(swish(dense(sinusoidal(time)))) + label or attribute embedding.

    Args:
        image_channels: int >= 1; channels of the image.
        width: int >= 4; channels of the first level; the embedding has four times as many.
        multipliers: list of ints; width of each level as a multiple of `width`.
        blocks: int >= 1; residual blocks of a level on the way down.
        attention_resolutions: list of ints; sides of the feature maps, in pixels, that get
            attention. With 32x32 images, `patch_size=1` and three levels: 32, 16, 8.
        image_size: int; side of the images, in pixels. patch_size * 2^(levels - 1) must divide it.
        dropout: float in [0, 1); inside the residual blocks. DDPM: 0.1 on CIFAR-10, else 0.
        classes: int or None; number of classes to condition on.
        attributes: int or None; length of the attribute vector to condition on (not with classes).
        patch_size: int >= 1; side of the squares of pixels folded into channels at the entrance.
        heads: int >= 1; heads of the attention.
        head_dimension: int or None; channels of a head, instead of `heads`.
        middle_attention: bool; attention between the two blocks at the bottom.
        downsample: "convolution", "padded_convolution" or "max_pool", see `layers.Downsample`.
        upsample: "convolution" or "bilinear".
        scale_shift: bool; the embedding scales and shifts (ADM) instead of being added (DDPM).
        groups: int; groups of the normalization, or the largest divisor of the channels below it.
        epsilon: float > 0; of the normalization.
        cosine_first: bool; order of the time embedding, see `layers.SinusoidalEmbedding`.
        frequency_shift: int; likewise.
        kernel: str; how attention is computed, see `layers.SpatialAttention`.

    Call arguments:
        noisy: float, shape `(batch, height, width, image_channels)`.
        time: float, shape `(batch,)`; step of the chain, 0..T-1.
        condition: int labels, shape `(batch,)`, `classes` for none; or attribute vectors, shape
            `(batch, attributes)`, zeros for none; None means none for every image.
        training: bool; True drops activations.

    Output shape: that of `noisy`.

    Raises:
        UserError: if the image size does not go through the levels, or an argument contradicts
            another.

    Example:
        ```python
        network = Unet(1, width=32, multipliers=(1, 2, 2), image_size=28,
                       attention_resolutions=(7,), groups=8, classes=10)
        noise = network(np.zeros((8, 28, 28, 1)), np.arange(8), np.arange(8))
        ```

    References:
        Ho, Jain, Abbeel 2020, arXiv:2006.11239v2, appendix B and the authors' `unet.py`.
    """

    def __init__(
        self,
        image_channels,
        width=128,
        multipliers=(1, 2, 2, 2),
        blocks=2,
        attention_resolutions=(16,),
        image_size=32,
        dropout=0.0,
        classes=None,
        attributes=None,
        patch_size=1,
        heads=1,
        head_dimension=None,
        middle_attention=True,
        downsample="convolution",
        upsample="convolution",
        scale_shift=False,
        groups=32,
        epsilon=1e-6,
        cosine_first=False,
        frequency_shift=1,
        kernel="standard",
        **kwargs,
    ):
        options = {key: value for key, value in locals().items() if key in OPTIONS}
        super().__init__(options, classes, attributes, **kwargs)
        sides = level_sides(image_size, patch_size, multipliers)
        unknown = sorted(set(attention_resolutions) - set(sides))
        if unknown:
            raise UserError(
                f"Attention was asked for at side {unknown[0]}, but the levels of a {image_size}x"
                f"{image_size} image with patches of {patch_size} have the sides {sides}. "
                "Choose among those in `attention_resolutions`."
            )
        self.image_channels = image_channels
        self.patch_size = patch_size
        self._dimension = 4 * width
        self._divisor = patch_size * 2 ** (len(multipliers) - 1)
        policy = self.dtype_policy

        norm = {"groups": groups, "epsilon": epsilon}
        attention = {"heads": heads, "head_dimension": head_dimension, "kernel": kernel, **norm}

        def stage(channels, attends):
            block = {"channels": channels, "dropout": dropout, "scale_shift": scale_shift, **norm}
            return Stage(block, attention if attends else None, dtype=policy)

        self.time_embedding = SinusoidalEmbedding(
            width, cosine_first=cosine_first, frequency_shift=frequency_shift, dtype=policy
        )
        self.time_layers = [
            keras.layers.Dense(self._dimension, activation="swish", dtype=policy),
            keras.layers.Dense(self._dimension, dtype=policy),
        ]
        self.condition_embedding = self.condition_layer(self._dimension)

        self.first = keras.layers.Conv2D(width, 3, padding="same", dtype=policy)
        self.encoder, self.decoder = [], []
        for level, (side, multiplier) in enumerate(zip(sides, multipliers, strict=True)):
            attends = side in attention_resolutions
            channels = width * multiplier
            self.encoder += [stage(channels, attends) for _ in range(blocks)]
            if level < len(sides) - 1:
                self.encoder.append(Downsample(downsample, dtype=policy))
        bottom = width * multipliers[-1]
        self.middle = [stage(bottom, middle_attention), stage(bottom, False)]
        for level in reversed(range(len(sides))):
            attends = sides[level] in attention_resolutions
            channels = width * multipliers[level]
            self.decoder += [stage(channels, attends) for _ in range(blocks + 1)]
            if level > 0:
                self.decoder.append(Upsample(upsample, dtype=policy))
        self.last_norm = GroupNormalization(groups, epsilon, dtype=policy)
        self.last = keras.layers.Conv2D(
            image_channels * patch_size**2,
            3,
            padding="same",
            kernel_initializer="zeros",
            dtype=policy,
        )

    def build(self, noisy_shape, time_shape=None, condition_shape=None):
        """Creates the weights for inputs of this shape."""
        batch, height, width, channels = noisy_shape
        if channels != self.image_channels or height % self._divisor or width % self._divisor:
            raise UserError(
                f"The network was made for images of {self.image_channels} channels whose sides "
                f"are multiples of {self._divisor}. Received images of shape {tuple(noisy_shape)}. "
                "Change `image_channels`, `multipliers` or `patch_size`, or resize the images."
            )
        embedding_shape = (batch, self._dimension)
        self.build_embedding()
        patch = self.patch_size
        shape = (batch, height // patch, width // patch, channels * patch**2)

        shape = build_part(self.first, shape, embedding_shape)
        skips = [shape[-1]]
        for part in self.encoder:
            shape = build_part(part, shape, embedding_shape)
            skips.append(shape[-1])
        for part in self.middle:
            shape = build_part(part, shape, embedding_shape)
        for part in self.decoder:
            if isinstance(part, Stage):
                shape = (*shape[:-1], shape[-1] + skips.pop())
            shape = build_part(part, shape, embedding_shape)
        self.last_norm.build(shape)
        self.last.build(shape)
        self.built = True

    def call(self, noisy, time, condition=None, training=False):
        """Applies the network; arguments and shapes are described at the class."""
        embedding = self.embed(time, condition)
        hidden = self.first(space_to_depth(noisy, self.patch_size))
        skips = [hidden]
        for part in self.encoder:
            hidden = pass_part(part, hidden, embedding, training)
            skips.append(hidden)
        for part in self.middle:
            hidden = pass_part(part, hidden, embedding, training)
        for part in self.decoder:
            if isinstance(part, Stage):
                hidden = ops.concatenate([hidden, skips.pop()], axis=-1)
            hidden = pass_part(part, hidden, embedding, training)
        return depth_to_space(self.last(ops.swish(self.last_norm(hidden))), self.patch_size)


OPTIONS = tuple(inspect.signature(Unet.__init__).parameters)[1:-1]
