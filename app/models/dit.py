"""The diffusion transformer: patches of the image as tokens, steered by time and condition."""

import inspect

import keras

from app.errors import UserError
from app.models.conditioned_network import ConditionedNetwork
from layers import (
    AdaptiveNorm,
    GridPosition,
    Patchify,
    SinusoidalEmbedding,
    TransformerBlock,
    Unpatchify,
)

# Table 1 of the paper, and a small one: the width, depth and heads of a letter.
SIZES = {
    "XS": {"width": 192, "depth": 6, "heads": 6},
    "S": {"width": 384, "depth": 12, "heads": 6},
    "B": {"width": 768, "depth": 12, "heads": 12},
    "L": {"width": 1024, "depth": 24, "heads": 16},
    "XL": {"width": 1152, "depth": 28, "heads": 16},
}
FREQUENCIES = 256  # sines and cosines of the time


@keras.saving.register_keras_serializable("models")
class DiT(ConditionedNetwork):
    """Predicts the noise of an image with a plain transformer on its patches.

    Use it as the network of a diffusion model where there is much data and compute: on small images
    the U-Net learns faster. A quarter of the patch's side is sixteen times the tokens, and the
    memory of the standard attention grows with their square; `kernel="memory_efficient"` does not.

    steer = dense(swish(dense(sinusoidal(time)))) + label or attribute embedding;
    tokens = dense(patches) + position; blocks `TransformerBlock(tokens, steer)`;
    output = patches back to pixels of dense(adaptive_norm(tokens, steer)), zero in a new network.

    Args:
        image_channels: int >= 1; channels of the image.
        image_size: int; side of the images, in pixels; `patch_size` must divide it.
        patch_size: int >= 1; side of a patch, in pixels: (image_size / patch_size)^2 tokens.
        width: int >= 4; channels of a token; 4 and `heads` must divide it.
        depth: int >= 1; blocks.
        heads: int >= 1; heads of the attention.
        expansion: float > 0; hidden width of a block's second branch over `width`.
        classes: int or None; number of classes to condition on.
        attributes: int or None; length of the attribute vector to condition on (not with classes).
        kernel: str; how attention is computed, see `layers.attention_kernels`.
        epsilon: float > 0; of the normalizations.
        frequency_shift: int; of the time embedding, 0 as the authors', 1 as diffusers'.

    Call arguments:
        noisy: float, shape `(batch, height, width, image_channels)`.
        time: float, shape `(batch,)`; step of the chain, 0..T-1.
        condition: int labels, shape `(batch,)`, `classes` for none; or attribute vectors, shape
            `(batch, attributes)`, zeros for none; None means none for every image.
        training: bool; without effect, there is no dropout.

    Output shape: that of `noisy`.

    Raises:
        UserError: if the patches do not fit the image, or an argument contradicts another.

    Example:
        ```python
        network = DiT.named("XS/4", image_channels=1, image_size=28, classes=10)
        noise = network(np.zeros((8, 28, 28, 1)), np.arange(8), np.arange(8))
        ```

    References:
        Peebles and Xie 2022, arXiv:2212.09748, section 3 and table 1. Theirs also predicts
        variances, from twice the output channels; ours predicts what the target asks for.
    """

    def __init__(
        self,
        image_channels,
        image_size=32,
        patch_size=2,
        width=384,
        depth=12,
        heads=6,
        expansion=4.0,
        classes=None,
        attributes=None,
        kernel="standard",
        epsilon=1e-6,
        frequency_shift=0,
        **kwargs,
    ):
        options = {key: value for key, value in locals().items() if key in OPTIONS}
        super().__init__(options, classes, attributes, **kwargs)
        if patch_size < 1 or image_size % patch_size:
            raise UserError(
                "The patches of a transformer must fill the image: `patch_size` must divide the "
                f"image side of {image_size} pixels. Received: patch_size={patch_size}. Take "
                "another patch size, or resize the images."
            )
        if width % 4 or width % heads:
            raise UserError(
                f"`width` must be a multiple of 4 and of the {heads} heads. Received: {width}."
            )
        self.image_channels = image_channels
        self.image_size = image_size
        self.width = width
        policy = self.dtype_policy
        columns = image_size // patch_size
        normal = keras.initializers.RandomNormal(stddev=0.02)

        self.time_embedding = SinusoidalEmbedding(
            FREQUENCIES, cosine_first=True, frequency_shift=frequency_shift, dtype=policy
        )
        self.time_layers = [
            keras.layers.Dense(width, "swish", kernel_initializer=normal, dtype=policy),
            keras.layers.Dense(width, kernel_initializer=normal, dtype=policy),
        ]
        self.condition_embedding = self.condition_layer(width, deviation=0.02)

        self.patches = Patchify(patch_size, dtype=policy)
        self.first = keras.layers.Dense(width, dtype=policy)
        self.position = GridPosition(columns, dtype=policy)
        self.blocks = [
            TransformerBlock(heads, expansion, kernel, epsilon, dtype=policy) for _ in range(depth)
        ]
        self.last_norm = AdaptiveNorm(gate=False, epsilon=epsilon, dtype=policy)
        self.last = keras.layers.Dense(
            patch_size**2 * image_channels, kernel_initializer="zeros", dtype=policy
        )
        self.pixels = Unpatchify(patch_size, columns, dtype=policy)

    @classmethod
    def named(cls, name, image_channels, **options):
        """The network of a published name such as "S/2": size S, B, L, XL or our XS, and patch.

        Raises:
            UserError: if there is no such size, or the patch is no number.
        """
        size, _, patch = name.partition("/")
        if size not in SIZES or not patch.isdecimal():
            raise UserError(
                f"A DiT is named by a size of {', '.join(SIZES)} and the side of its patches, such "
                f"as S/2. Received: {name!r}."
            )
        return cls(image_channels, patch_size=int(patch), **SIZES[size], **options)

    def build(self, noisy_shape, time_shape=None, condition_shape=None):
        """Creates the weights for inputs of this shape."""
        expected = (self.image_size, self.image_size, self.image_channels)
        if tuple(noisy_shape[1:]) != expected:
            raise UserError(
                f"The network was made for images of shape {expected}. Received images of shape "
                f"{tuple(noisy_shape)}. Change `image_size` or `image_channels`, or resize them."
            )
        steer_shape = (noisy_shape[0], self.width)
        self.build_embedding()
        self.patches.build(noisy_shape)
        patches_shape = self.patches.compute_output_shape(noisy_shape)
        tokens_shape = (*patches_shape[:-1], self.width)
        self.first.build(patches_shape)
        self.position.build(tokens_shape)
        for block in (*self.blocks, self.last_norm):
            block.build(tokens_shape, steer_shape)
        self.last.build(tokens_shape)
        self.pixels.build(patches_shape)
        self.built = True

    def call(self, noisy, time, condition=None, training=False):
        """Applies the network; arguments and shapes are described at the class."""
        steer = self.embed(time, condition)
        tokens = self.position(self.first(self.patches(noisy)))
        for block in self.blocks:
            tokens = block(tokens, steer)
        return self.pixels(self.last(self.last_norm(tokens, steer)))


OPTIONS = tuple(inspect.signature(DiT.__init__).parameters)[1:-1]
