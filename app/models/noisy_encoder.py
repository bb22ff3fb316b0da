"""A network that judges noisy images: the way down of a U-Net, and one dense layer."""

import keras
from keras import ops

from app.errors import UserError
from app.models.conditioned_network import ConditionedNetwork
from app.models.unet_parts import Stage, build_part, level_sides, pass_part
from layers import Downsample, GroupNormalization, SinusoidalEmbedding
from layers.patches import space_to_depth


@keras.saving.register_keras_serializable("models")
class NoisyEncoder(ConditionedNetwork):
    """Turns a noisy image and its time into logits.

    Use it as the network of a `NoisyClassifier`. It is the encoder of `Unet`, with dropout, then
    one dense layer over all channels and places, which matter for digits.

    Formula: `logits = dense(flatten(swish(norm(stages(first(noisy), embed(time))))))`. The last
    layer starts at zero, so that an untrained classifier guides nowhere.

    Args:
        outputs: int; number of logits.
        image_size: int; side of the images, in pixels. patch_size * 2^(levels - 1) must divide it.
        image_channels: int; channels of the image.
        width: int >= 4; channels of the first level.
        multipliers: ints; width of each level as a multiple of `width`.
        blocks: int; residual blocks a level.
        attention_resolutions: ints; sides of the feature maps that get attention.
        patch_size: int; side of the squares of pixels folded into channels at the entrance.
        dropout: float in [0, 1); inside the residual blocks.
        groups: int; groups of the normalization, or the largest divisor of the channels below it.

    Call arguments:
        noisy: float `(batch, height, width, image_channels)`.
        time: float `(batch,)`; thousandths of the chain, 0 clean to 1000.
        training: bool; True drops activations.

    Output shape: `(batch, outputs)`, float32.

    Raises:
        UserError: the image size does not go through the levels.

    Example:
        ```python
        NoisyEncoder(10, image_size=28)(np.zeros((2, 28, 28, 1)), np.array([0.0, 500.0]))
        ```

    References:
        Dhariwal & Nichol 2021, arXiv:2105.05233v4, section 4 (theirs ends in attention pooling).
    """

    def __init__(
        self,
        outputs,
        image_size,
        image_channels=1,
        width=32,
        multipliers=(1, 2, 4),
        blocks=1,
        attention_resolutions=(),
        patch_size=1,
        dropout=0.1,
        groups=32,
        **kwargs,
    ):
        options = {
            "outputs": outputs,
            "image_size": image_size,
            "image_channels": image_channels,
            "width": width,
            "multipliers": multipliers,
            "blocks": blocks,
            "attention_resolutions": attention_resolutions,
            "patch_size": patch_size,
            "dropout": dropout,
            "groups": groups,
        }
        super().__init__(options, **kwargs)
        sides = level_sides(image_size, patch_size, multipliers)
        unknown = sorted(set(attention_resolutions) - set(sides))
        if unknown:
            raise UserError(
                f"Attention was asked for at side {unknown[0]}, but the levels have the sides "
                f"{sides}. Choose among those in `attention_resolutions`."
            )
        policy = self.dtype_policy
        self.patch_size, self.dimension = patch_size, 4 * width
        self.time_embedding = SinusoidalEmbedding(width, dtype=policy)
        self.time_layers = [
            keras.layers.Dense(self.dimension, activation="swish", dtype=policy),
            keras.layers.Dense(self.dimension, dtype=policy),
        ]
        self.first = keras.layers.Conv2D(width, 3, padding="same", dtype=policy)
        self.stages = []
        for level, (side, multiplier) in enumerate(zip(sides, multipliers, strict=True)):
            block = {"channels": width * multiplier, "dropout": dropout, "groups": groups}
            attention = {"groups": groups} if side in attention_resolutions else None
            self.stages += [Stage(block, attention, dtype=policy) for _ in range(blocks)]
            if level < len(sides) - 1:
                self.stages.append(Downsample(dtype=policy))
        self.last_norm = GroupNormalization(groups, dtype=policy)
        self.last = keras.layers.Dense(outputs, kernel_initializer="zeros", dtype="float32")

    def build(self, noisy_shape, time_shape=None):
        """Creates the weights for inputs of this shape."""
        batch, height, width, channels = noisy_shape
        embedding_shape = (batch, self.dimension)
        self.build_embedding()
        patch = self.patch_size
        shape = (batch, height // patch, width // patch, channels * patch**2)
        self.first.build(shape)
        shape = tuple(self.first.compute_output_shape(shape))
        for part in self.stages:
            shape = build_part(part, shape, embedding_shape)
        self.last_norm.build(shape)
        self.last.build((batch, shape[1] * shape[2] * shape[3]))
        self.built = True

    def call(self, noisy, time, training=False):
        """Applies the network; arguments and shapes are described at the class."""
        embedding = self.embed(time)
        hidden = self.first(space_to_depth(noisy, self.patch_size))
        for part in self.stages:
            hidden = pass_part(part, hidden, embedding, training)
        hidden = ops.cast(ops.swish(self.last_norm(hidden)), "float32")
        _, height, width, channels = hidden.shape
        return self.last(ops.reshape(hidden, (-1, height * width * channels)))

    def compute_output_shape(self, noisy_shape, time_shape=None):
        """The shape of what `call` returns."""
        return (noisy_shape[0], self._options["outputs"])
