"""The network behind the CIFAR-10 classifier: a thin residual network on a whitened image.

It lives beside the extractor that ships its weights, as the digit classifier's network does.
"""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("models")
class CifarClassifier(keras.Model):
    """Classifies colour images of 32x32 pixels and offers the 256 numbers behind its decision.

    Use it to judge generated photographs of the ten CIFAR-10 classes, and as the trunk of the
    shipped image-text encoder. About 1.1 million parameters, 4.4 MB; 44 million multiplications
    an image.

    Formula, with `u(x) = relu(batch_norm(x))`: first `relu(whiten_2x2(x))`, then for each width
    `x = u(max_pool_2x2(conv_3x3(x)))` and `x = x + u(conv_3x3(x))`, so that the maps are
    32 -> 31 -> 15 -> 7 -> 3; the feature is the largest value of each last map, and the logits are
    `scale * (kernel @ feature + bias)`. Pooling comes before the normalisation, because it costs a
    quarter of the other order.

    Args:
        classes: int, at least 2; number of logits. Default 10.
        channels: three ints; width of each block. Default (32, 128, 256).

    Call arguments:
        images: float, pixels in [0, 1].
        training: bool; True uses and updates the batch's own statistics.

    Input shape:
        `(batch, 32, 32, 3)`.

    Output shape:
        `(batch, classes)` logits; `features` gives `(batch, channels[-1])`, never negative.

    Raises:
        ValueError: if `channels` has not three entries, `classes` is below 2, or images are grey.

    Example:
        >>> classifier = CifarClassifier()
        >>> classifier(keras.ops.zeros((2, 32, 32, 3))).shape
        (2, 10)

    References:
        Page 2018, "How to train your ResNet" (whitening, pooling first, scaled logits); Jordan
        2024, arXiv:2404.00498, section 3 (2x2 whitening, early pooling). The widths and the
        residual around every second convolution are our choice (cost on a CPU).
    """

    scale = 0.125  # of the logits: a large feature, and a rate that suits the convolutions

    def __init__(self, classes=10, channels=(32, 128, 256), **kwargs):
        super().__init__(**kwargs)
        if len(channels) != 3:
            raise ValueError(
                f"`channels` must name the widths of three blocks. Received: channels={channels}"
            )
        if classes < 2:
            raise ValueError(f"`classes` must be at least 2. Received: classes={classes}")
        self.classes = int(classes)
        self.channels = tuple(int(width) for width in channels)
        # Fixed names: they stand in the weights file, so its digest depends on the weights alone.
        policy = self.dtype_policy  # training in "mixed_bfloat16" is faster where the CPU has it
        self.whiten = layers.Conv2D(24, 2, trainable=False, dtype=policy, name="whiten")
        widths = [width for width in self.channels for _ in range(2)]
        self.convolutions = [
            layers.Conv2D(
                width,
                3,
                padding="same",
                use_bias=False,
                kernel_initializer="he_normal",
                dtype=policy,
                name=f"convolution_{index}",
            )
            for index, width in enumerate(widths)
        ]
        self.normalizations = [
            layers.BatchNormalization(momentum=0.9, dtype=policy, name=f"normalization_{index}")
            for index in range(len(widths))
        ]
        self.pool = layers.MaxPooling2D(2, dtype=policy, name="pool")
        self.logits = layers.Dense(self.classes, name="logits", dtype="float32")

    def build(self, input_shape):
        """Creates all weights; only the channels of the input matter, they must be three."""
        if input_shape[-1] != 3:
            raise ValueError(
                "CifarClassifier expects colour images (batch, 32, 32, 3). Received: "
                f"shape={tuple(input_shape)}; repeat a grey channel three times."
            )
        self.whiten.build((None, None, None, 3))
        inputs = self.whiten.filters
        for convolution, normalization in zip(self.convolutions, self.normalizations, strict=True):
            convolution.build((None, None, None, inputs))
            inputs = convolution.filters
            normalization.build((None, None, None, inputs))
        self.logits.build((None, inputs))
        self.built = True

    def features(self, images, training=False):
        """Returns the largest value of each last map: `(batch, channels[-1])`, float32."""
        x = ops.relu(self.whiten(images))
        for block in range(3):
            x = self._unit(2 * block, x, training, pool=True)
            x = x + self._unit(2 * block + 1, x, training)
        return ops.cast(ops.max(x, axis=(1, 2)), "float32")

    def _unit(self, index, x, training, pool=False):
        x = self.convolutions[index](x)
        x = self.pool(x) if pool else x
        return ops.relu(self.normalizations[index](x, training=training))

    def judge(self, features):
        """Returns the logits of features."""
        return self.scale * self.logits(features)

    def call(self, images, training=False):
        """Returns the logits of each class."""
        return self.judge(self.features(images, training=training))

    def get_config(self):
        """Returns what `from_config` needs to build the same network."""
        return {**super().get_config(), "classes": self.classes, "channels": list(self.channels)}
