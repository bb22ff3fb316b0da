"""Squares of pixels folded into channels or tokens, and back."""

import keras
from keras import ops


def space_to_depth(images, size):
    """Folds squares of size x size pixels into channels: (b, h, w, c) to (b, h/s, w/s, s*s*c)."""
    if size == 1:
        return images
    _, height, width, channels = images.shape
    images = ops.reshape(images, (-1, height // size, size, width // size, size, channels))
    images = ops.transpose(images, (0, 1, 3, 2, 4, 5))
    return ops.reshape(images, (-1, height // size, width // size, size * size * channels))


def depth_to_space(patches, size):
    """The inverse of `space_to_depth`."""
    if size == 1:
        return patches
    _, height, width, channels = patches.shape
    channels //= size * size
    patches = ops.reshape(patches, (-1, height, width, size, size, channels))
    patches = ops.transpose(patches, (0, 1, 3, 2, 4, 5))
    return ops.reshape(patches, (-1, height * size, width * size, channels))


@keras.saving.register_keras_serializable("layers")
class Patchify(keras.layers.Layer):
    """Cuts images into square patches, one token each, row by row.

    Use it, and a dense layer after it, at the entrance of a transformer: together they are the
    convolution of that stride that other code has there.

    Args:
        patch_size: int >= 1; side of a patch, in pixels; must divide height and width.

    Call arguments:
        images: float, shape `(batch, height, width, channels)`.

    Output shape: `(batch, height / patch_size * width / patch_size, patch_size^2 * channels)`;
        a token lists its pixels row by row, channels last.

    Raises:
        ValueError: if `patch_size` is below 1 or does not divide height and width.

    Example:
        ```python
        tokens = Patchify(4)(np.zeros((8, 28, 28, 1)))  # (8, 49, 16)
        ```

    References:
        Dosovitskiy et al. 2020, arXiv:2010.11929, section 3.1.
    """

    def __init__(self, patch_size, **kwargs):
        super().__init__(**kwargs)
        if patch_size < 1:
            raise ValueError(f"`patch_size` must be at least 1. Received: patch_size={patch_size}")
        self.patch_size = patch_size

    def build(self, images_shape):
        """Checks the shape; there are no weights."""
        if images_shape[1] % self.patch_size or images_shape[2] % self.patch_size:
            raise ValueError(
                f"Patches of {self.patch_size} pixels must fit into height and width. "
                f"Received images of shape {tuple(images_shape)}."
            )

    def call(self, images):
        """Applies the layer; arguments and shapes are described at the class."""
        folded = space_to_depth(images, self.patch_size)
        _, rows, columns, channels = folded.shape
        return ops.reshape(folded, (-1, rows * columns, channels))

    def compute_output_shape(self, images_shape):
        """The shape of what `call` returns."""
        batch, height, width, channels = images_shape
        tokens = (height // self.patch_size) * (width // self.patch_size)
        return (batch, tokens, self.patch_size**2 * channels)

    def get_config(self):
        """The arguments that make the same layer again."""
        return {**super().get_config(), "patch_size": self.patch_size}


@keras.saving.register_keras_serializable("layers")
class Unpatchify(keras.layers.Layer):
    """Lays the tokens of `Patchify` out as images again.

    Args:
        patch_size: int >= 1; side of a patch, in pixels.
        columns: int >= 1; patches side by side in an image; must divide the number of tokens.

    Call arguments:
        tokens: float, shape `(batch, tokens, patch_size^2 * channels)`.

    Output shape: `(batch, tokens / columns * patch_size, columns * patch_size, channels)`.

    Raises:
        ValueError: if an argument is below 1 or does not fit the tokens.

    Example:
        ```python
        images = Unpatchify(4, columns=7)(np.zeros((8, 49, 16)))  # (8, 28, 28, 1)
        ```

    References:
        Peebles and Xie 2022, arXiv:2212.09748, section 3.2, "Transformer decoder".
    """

    def __init__(self, patch_size, columns, **kwargs):
        super().__init__(**kwargs)
        if patch_size < 1 or columns < 1:
            raise ValueError(
                "`patch_size` and `columns` must be at least 1. "
                f"Received: patch_size={patch_size}, columns={columns}"
            )
        self.patch_size = patch_size
        self.columns = columns

    def build(self, tokens_shape):
        """Checks the shape; there are no weights."""
        if tokens_shape[1] % self.columns or tokens_shape[2] % self.patch_size**2:
            raise ValueError(
                f"Expected whole rows of {self.columns} tokens, each of {self.patch_size**2} pixels"
                f" times the channels. Received tokens of shape {tuple(tokens_shape)}."
            )

    def call(self, tokens):
        """Applies the layer; arguments and shapes are described at the class."""
        _, count, channels = tokens.shape
        folded = ops.reshape(tokens, (-1, count // self.columns, self.columns, channels))
        return depth_to_space(folded, self.patch_size)

    def compute_output_shape(self, tokens_shape):
        """The shape of what `call` returns."""
        batch, count, channels = tokens_shape
        size = self.patch_size
        return (batch, count // self.columns * size, self.columns * size, channels // size**2)

    def get_config(self):
        """The arguments that make the same layer again."""
        return {
            **super().get_config(),
            "patch_size": self.patch_size,
            "columns": self.columns,
        }
