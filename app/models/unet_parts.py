"""What the U-Net is assembled from: its stages, and the sides of its levels."""

import keras

from app.errors import UserError
from layers import ResidualBlock, SpatialAttention


def level_sides(image_size, patch_size, multipliers):
    """The sides of the feature maps of each level, finest first, or UserError if one is odd."""
    divisor = patch_size * 2 ** (len(multipliers) - 1)
    if image_size % divisor:
        raise UserError(
            f"A U-Net of {len(multipliers)} levels with patches of {patch_size} needs an image "
            f"side that is a multiple of {divisor}. Received: image_size={image_size}. Use fewer "
            "`multipliers`, a smaller `patch_size`, or resize the images."
        )
    return [image_size // patch_size // 2**level for level in range(len(multipliers))]


def build_part(part, shape, embedding_shape):
    """Builds a stage, which sees the embedding too, or a layer; returns the shape it gives."""
    shapes = (shape, embedding_shape) if isinstance(part, Stage) else (shape,)
    part.build(*shapes)
    return tuple(part.compute_output_shape(shape))


def pass_part(part, hidden, embedding, training):
    """What a stage, which sees the embedding too, or a layer makes of its input."""
    if isinstance(part, Stage):
        return part(hidden, embedding, training=training)
    return part(hidden)


@keras.saving.register_keras_serializable("models")
class Stage(keras.layers.Layer):
    """A residual block and, where asked for, attention after it: one step of the U-Net.

    Args:
        block: dict; arguments of `layers.ResidualBlock`.
        attention: dict or None; arguments of `layers.SpatialAttention`, None for no attention.
    """

    def __init__(self, block, attention=None, **kwargs):
        super().__init__(**kwargs)
        self.arguments = {"block": block, "attention": attention}
        self.block = ResidualBlock(**block, dtype=self.dtype_policy)
        self.attention = None
        if attention is not None:
            self.attention = SpatialAttention(**attention, dtype=self.dtype_policy)

    def build(self, inputs_shape, embedding_shape):
        """Creates the weights for inputs of this shape."""
        self.block.build(inputs_shape, embedding_shape)
        if self.attention:
            self.attention.build(self.block.compute_output_shape(inputs_shape))

    def call(self, inputs, embedding, training=False):
        """Applies the layer; arguments and shapes are described at the class."""
        outputs = self.block(inputs, embedding, training=training)
        return self.attention(outputs) if self.attention else outputs

    def compute_output_shape(self, inputs_shape, embedding_shape=None):
        """The shape of what `call` returns."""
        return self.block.compute_output_shape(inputs_shape)

    def get_config(self):
        """The arguments that make the same layer again."""
        return {**super().get_config(), **self.arguments}
