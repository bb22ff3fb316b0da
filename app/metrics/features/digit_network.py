"""The network behind the digit classifier: four convolution blocks whose last map is the feature.

It lives beside the extractor that ships its weights; `app.models.classifier` offers it as a model.
"""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("models")
class DigitClassifier(keras.Model):
    """Classifies grey images of 28x28 pixels and offers the 1,024 numbers behind its decision.

    Use it to judge generated digits: `features` feeds the Frechet distance, `call` the class
    accuracy. About 177,000 parameters, 0.7 MB.

    Formula, one block: `relu(batch_norm(max_pool(conv_3x3(x))))`, the last one without pooling, so
    that the maps are 28 -> 14 -> 7 -> 4 and the feature is `4 * 4 * channels[-1]` numbers.
    Pooling before the normalisation costs a quarter of the other order.

    Args:
        classes: int, at least 2; number of logits. Default 10.
        channels: four ints; width of each block. Default (32, 64, 128, 64).

    Call arguments:
        images: float, pixels in [0, 1], 0 = black background, as MNIST stores them.
        training: bool; True uses and updates the batch's own statistics.

    Input shape:
        `(batch, 28, 28, 1)`.

    Output shape:
        `(batch, classes)` logits; `features` gives `(batch, 16 * channels[-1])`.

    Raises:
        ValueError: if `channels` has not four entries, or `classes` is below 2.

    Example:
        >>> classifier = DigitClassifier()
        >>> classifier(keras.ops.zeros((2, 28, 28, 1))).shape
        (2, 10)

    References:
        The plan of the blocks follows the classifier of the Frechet MNIST distance in the report
        this project reproduces; batch normalisation and 3x3 kernels are our choice (size).
    """

    def __init__(self, classes=10, channels=(32, 64, 128, 64), **kwargs):
        super().__init__(**kwargs)
        if len(channels) != 4:
            raise ValueError(
                f"`channels` must name the widths of four blocks. Received: channels={channels}"
            )
        if classes < 2:
            raise ValueError(f"`classes` must be at least 2. Received: classes={classes}")
        self.classes = int(classes)
        self.channels = tuple(int(width) for width in channels)
        # Fixed names: they stand in the weights file, so its digest depends on the weights alone.
        self.convolutions = [
            layers.Conv2D(
                width,
                3,
                padding="same",
                use_bias=False,
                kernel_initializer="he_normal",
                name=f"convolution_{block}",
            )
            for block, width in enumerate(self.channels)
        ]
        self.normalizations = [
            layers.BatchNormalization(momentum=0.9, name=f"normalization_{block}")
            for block in range(4)
        ]
        self.pool = layers.MaxPooling2D(2, padding="same", name="pool")
        self.logits = layers.Dense(self.classes, name="logits")

    def build(self, input_shape):
        """Creates all weights; only the channels of the input matter, they must be one."""
        if input_shape[-1] != 1:
            raise ValueError(
                "DigitClassifier expects grey images (batch, 28, 28, 1). Received: "
                f"shape={tuple(input_shape)}; average the colour channels first."
            )
        inputs = 1
        for width, convolution, normalization in zip(
            self.channels, self.convolutions, self.normalizations, strict=True
        ):
            convolution.build((None, None, None, inputs))
            normalization.build((None, None, None, width))
            inputs = width
        self.logits.build((None, 16 * inputs))
        self.built = True

    def features(self, images, training=False):
        """Returns the last map, flattened: `(batch, 16 * channels[-1])`, never negative."""
        x = images
        for block, (convolution, normalization) in enumerate(
            zip(self.convolutions, self.normalizations, strict=True)
        ):
            x = convolution(x)
            if block < 3:
                x = self.pool(x)
            x = ops.relu(normalization(x, training=training))
        return ops.reshape(x, (-1, 16 * self.channels[-1]))

    def judge(self, features):
        """Returns the logits of features."""
        return self.logits(features)

    def call(self, images, training=False):
        """Returns the logits of each class."""
        return self.judge(self.features(images, training=training))

    def get_config(self):
        """Returns what `from_config` needs to build the same network."""
        return {**super().get_config(), "classes": self.classes, "channels": list(self.channels)}
