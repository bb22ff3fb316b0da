"""Embeddings of what an image should show: a class, or a vector of attributes."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("layers")
class LabelEmbedding(keras.layers.Layer):
    """Looks up one learned vector a class, with one more row for "no class".

    Use it to condition a network on a class. The last row, `classes`, is the null row: training
    replaces some labels by it, so that the same network also learns the unconditional case that
    classifier-free guidance needs.

    output = table[label], table of shape `(classes + 1, dimension)` drawn from N(0, deviation^2).

    Args:
        classes: int >= 1; number of classes, the null row not counted.
        dimension: int >= 1; length of the embedding.
        deviation: float > 0; standard deviation of the first table. 1.0 as in ADM (default),
            0.02 as in DiT.

    Call arguments:
        labels: int, shape `(batch,)`, 0 to `classes` inclusive; `classes` means no class.

    Output shape: `(batch, dimension)`.

    Raises:
        ValueError: if `classes` or `dimension` is below 1.

    Example:
        ```python
        embedding = LabelEmbedding(10, 128)(np.array([3, 10]))  # a three, and no class
        ```

    References:
        Ho and Salimans 2022, arXiv:2207.12598, section 3.2 (the null token).
    """

    def __init__(self, classes, dimension, deviation=1.0, **kwargs):
        super().__init__(**kwargs)
        if classes < 1 or dimension < 1:
            raise ValueError(
                "`classes` and `dimension` must be at least 1. "
                f"Received: classes={classes}, dimension={dimension}"
            )
        self.classes = classes
        self.dimension = dimension
        self.deviation = deviation

    def build(self, labels_shape):
        """Creates the weights for inputs of this shape."""
        self.table = self.add_weight(
            name="table",
            shape=(self.classes + 1, self.dimension),
            initializer=keras.initializers.RandomNormal(stddev=self.deviation),
        )

    def call(self, labels):
        """Applies the layer; arguments and shapes are described at the class."""
        rows = ops.take(self.table, ops.cast(labels, "int32"), axis=0)
        return ops.cast(rows, self.compute_dtype)

    def compute_output_shape(self, labels_shape):
        """The shape of what `call` returns."""
        return (*labels_shape, self.dimension)

    def get_config(self):
        """The arguments that make the same layer again."""
        return {
            **super().get_config(),
            "classes": self.classes,
            "dimension": self.dimension,
            "deviation": self.deviation,
        }


@keras.saving.register_keras_serializable("layers")
class AttributeEmbedding(keras.layers.Layer):
    """Maps a vector of yes/no attributes to one vector, by a network of two layers.

    Use it to condition on several attributes at once, as the 40 of CelebA. Attributes are -1 (no)
    or +1 (yes), so that a vector of zeros is free to mean "not said": the null of guidance.

    output = W2 swish(W1 attributes + b1) + b2.

    Args:
        attributes: int >= 1; length of the attribute vector.
        dimension: int >= 1; length of the embedding and of the hidden layer.

    Call arguments:
        values: float, shape `(batch, attributes)`, -1 no, +1 yes, 0 not said.

    Output shape: `(batch, dimension)`.

    Raises:
        ValueError: if `attributes` or `dimension` is below 1, or the vector has another length.

    Example:
        ```python
        embedding = AttributeEmbedding(40, 128)(np.zeros((8, 40)))  # (8, 128), nothing said
        ```

    References:
        The form is that of the time embedding of Ho et al. 2020, arXiv:2006.11239, appendix B.
    """

    def __init__(self, attributes, dimension, **kwargs):
        super().__init__(**kwargs)
        if attributes < 1 or dimension < 1:
            raise ValueError(
                "`attributes` and `dimension` must be at least 1. "
                f"Received: attributes={attributes}, dimension={dimension}"
            )
        self.attributes = attributes
        self.dimension = dimension
        self.hidden = keras.layers.Dense(dimension, activation="swish", dtype=self.dtype_policy)
        self.projection = keras.layers.Dense(dimension, dtype=self.dtype_policy)

    def build(self, values_shape):
        """Creates the weights for inputs of this shape."""
        if values_shape[-1] != self.attributes:
            raise ValueError(
                f"Expected vectors of {self.attributes} attributes. Received shape: {values_shape}"
            )
        self.hidden.build(values_shape)
        self.projection.build((*values_shape[:-1], self.dimension))

    def call(self, values):
        """Applies the layer; arguments and shapes are described at the class."""
        return self.projection(self.hidden(values))

    def compute_output_shape(self, values_shape):
        """The shape of what `call` returns."""
        return (*values_shape[:-1], self.dimension)

    def get_config(self):
        """The arguments that make the same layer again."""
        return {
            **super().get_config(),
            "attributes": self.attributes,
            "dimension": self.dimension,
        }
