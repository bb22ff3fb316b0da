"""The network behind the shipped image-text encoder: one tower for images, one for words."""

import keras
import numpy as np
from keras import layers, ops

from app.metrics.features.cifar_network import CifarClassifier


@keras.saving.register_keras_serializable("models")
class ImageTextNetwork(keras.Model):
    """Puts small images and short texts on one unit sphere, where what belongs together is near.

    The image tower is the network of the CIFAR-10 classifier with `dimension` outputs in place of
    classes. The text tower is a bag of words: their order says nothing here, their weight does.

    Formula: `image = unit(tower(pixels))`; of word counts `c`, with `s`, `E` a number and a vector
    for each word, `p_w = c_w exp(s_w) / sum_v c_v exp(s_v)` and
    `text = unit(W2 relu(W1 (p @ E) + b1) + b2)`; `unit(x) = x / ||x||`. Called with both, it
    returns `min(exp(t), 100) * images @ texts.T`, `t` learned.

    Args:
        words: int, at least 1; size of the vocabulary.
        dimension: int; of the embeddings. Default 128.
        width: int; of the vectors of words. Default 64.
        channels: three ints; widths of the image tower, see `CifarClassifier`.

    Call arguments:
        inputs: dict of "images" and "words".
        training: bool; True uses and updates the batch's own statistics in the image tower.

    Input shape:
        "images" `(batch, 32, 32, 3)` in [0, 1]; "words" `(texts, words)`, float counts, at least
        one word a text.

    Output shape:
        `(batch, texts)`; `embed_images` and `embed_words` give `(batch, dimension)`, unit rows.

    Example:
        >>> network = ImageTextNetwork(words=5)
        >>> network({"images": ops.zeros((2, 32, 32, 3)), "words": ops.ones((3, 5))}).shape
        (2, 3)

    References:
        Radford et al. 2021, arXiv:2103.00020, section 2.3 (two towers, unit sphere, learned
        temperature from 0.07, at most 100). The bag of words is our choice (size).
    """

    def __init__(self, words, dimension=128, width=64, channels=(32, 128, 256), **kwargs):
        super().__init__(**kwargs)
        self.words, self.dimension, self.width = int(words), int(dimension), int(width)
        self.channels = tuple(int(size) for size in channels)
        self.image_tower = CifarClassifier(
            self.dimension, self.channels, dtype=self.dtype_policy, name="image_tower"
        )
        self.hidden = layers.Dense(
            self.dimension, activation="relu", dtype="float32", name="text_hidden"
        )
        self.last = layers.Dense(self.dimension, dtype="float32", name="text_last")

    def build(self, input_shape=None):
        """Creates all weights; sizes follow from the arguments alone."""
        self.image_tower.build((None, 32, 32, 3))
        exact = {"autocast": False}  # these stay float32 when the image tower does not
        self.vectors = self.add_weight(
            shape=(self.words, self.width), initializer="random_normal", name="vectors", **exact
        )
        self.importance = self.add_weight(
            shape=(self.words,), initializer="zeros", name="importance", **exact
        )
        start = keras.initializers.Constant(np.log(1 / 0.07))
        self.temperature = self.add_weight(shape=(), initializer=start, name="temperature", **exact)
        self.hidden.build((None, self.width))
        self.last.build((None, self.dimension))
        self.built = True

    def embed_images(self, images, training=False):
        """Returns the unit rows of images `(batch, 32, 32, 3)` in [0, 1]; differentiable."""
        return unit(self.image_tower(images, training=training))

    def embed_words(self, counts):
        """Returns the unit rows of word counts `(texts, words)`."""
        share = counts * ops.exp(self.importance)
        share = share / ops.sum(share, axis=-1, keepdims=True)
        pooled = ops.matmul(share, self.vectors)
        return unit(self.last(self.hidden(pooled)))

    def call(self, inputs, training=False):
        """Returns scaled cosines of every image with every text."""
        images = self.embed_images(inputs["images"], training=training)
        texts = self.embed_words(ops.cast(inputs["words"], "float32"))
        return ops.minimum(ops.exp(self.temperature), 100.0) * ops.matmul(
            images, ops.transpose(texts)
        )

    def get_config(self):
        """Returns what `from_config` needs to build the same network."""
        return {
            **super().get_config(),
            "words": self.words,
            "dimension": self.dimension,
            "width": self.width,
            "channels": list(self.channels),
        }


def unit(rows):
    """Returns rows of length one; a row of zeros stays zero, with a gradient of zero."""
    squares = ops.sum(ops.square(rows), axis=-1, keepdims=True)
    return rows * ops.rsqrt(ops.maximum(squares, 1e-24))
