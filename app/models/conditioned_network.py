"""What networks of noisy images share: one vector that tells their blocks time and condition."""

import keras
from keras import ops

from app.errors import UserError
from layers import AttributeEmbedding, LabelEmbedding


class ConditionedNetwork(keras.Model):
    """A network that reads a noisy image, its time, and a condition or none.

    A subclass sets `time_embedding`, `time_layers` and, by `condition_layer`, the
    `condition_embedding`; it builds them by `build_embedding` and reads them by `embed`:

    Formula: `embedding = time_layers(time_embedding(time)) + condition_embedding(condition)`.

    Args:
        options: dict; the arguments of the subclass, by which `get_config` makes it again.
        classes: int or None; number of classes to condition on.
        attributes: int or None; length of the attribute vector to condition on (not with classes).

    Raises:
        UserError: both classes and attributes.

    Example:
        ```python
        class Small(ConditionedNetwork):
            def __init__(self, classes=None, **kwargs):
                super().__init__({"classes": classes}, classes, **kwargs)
                self.time_embedding = SinusoidalEmbedding(8)
                self.time_layers = [keras.layers.Dense(8)]
                self.condition_embedding = self.condition_layer(8)
        ```
    """

    condition_embedding = None

    def __init__(self, options, classes=None, attributes=None, **kwargs):
        kwargs["autocast"] = False  # time keeps float32; the layers cast what they read
        super().__init__(**kwargs)
        if classes and attributes:
            raise UserError(
                f"The network takes classes or attributes, not both. Received: classes={classes}, "
                f"attributes={attributes}. Leave one out."
            )
        self._options = {
            key: list(value) if isinstance(value, (tuple, list)) else value
            for key, value in options.items()
        }
        self.classes, self.attributes = classes, attributes

    def condition_layer(self, width, **label_options):
        """The embedding of labels or attribute vectors, `width` numbers; None without condition."""
        policy = self.dtype_policy
        if self.classes:
            return LabelEmbedding(self.classes, width, dtype=policy, **label_options)
        return AttributeEmbedding(self.attributes, width, dtype=policy) if self.attributes else None

    def build_embedding(self):
        """Creates the weights that `embed` reads."""
        width = self.time_embedding.dimension
        for layer in self.time_layers:
            layer.build((None, width))
            width = layer.units
        if self.condition_embedding:
            self.condition_embedding.build((None, self.attributes) if self.attributes else (None,))

    def embed(self, time, condition=None):
        """The vector, shape `(batch, width)`, that tells the blocks time and condition.

        Args:
            time: float, shape `(batch,)`.
            condition: int labels `(batch,)`, attribute vectors `(batch, attributes)`, or None:
                the null of every image, the label `classes` or zeros.

        Raises:
            UserError: the network knows no condition and was given one.
        """
        embedding = self.time_embedding(time)
        for layer in self.time_layers:
            embedding = layer(embedding)
        if not self.condition_embedding:
            if condition is None:
                return embedding
            raise UserError(
                "The network was made without a condition but received one. Give it `classes` or "
                "`attributes`, or pass no condition."
            )
        if condition is None:
            count = ops.shape(time)[0]
            condition = (
                ops.full((count,), self.classes, "int32")
                if self.classes
                else ops.zeros((count, self.attributes))
            )
        return embedding + self.condition_embedding(condition)

    def compute_output_shape(self, noisy_shape, time_shape=None, condition_shape=None):
        """The shape of what `call` returns."""
        return tuple(noisy_shape)

    def get_config(self):
        """The arguments that make the same network again."""
        return {**super().get_config(), **self._options}
