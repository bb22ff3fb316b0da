"""Image classifiers for learning with noisy labels: small CNNs and residual networks."""

import keras
from keras import layers

LARGE = 64  # pixels from which a residual network pools before its first stage


def small_cnn(image_shape, classes, channels=(32, 64), hidden=256, dropout=0.5):
    """Returns the report's CNN: convolutions with ReLU and pooling, one hidden layer, logits.

    Formula: `Dense(classes)(Dropout(relu(Dense(hidden)(flatten(pool(relu(conv(x))) ...)))))`, 3x3
    convolutions with zero padding, 2x2 max-pooling.

    Args:
        image_shape: (height, width, channels), pixels.
        classes: int, number of logits.
        channels: ints; of each convolution.
        hidden: int; units of the hidden layer.
        dropout: float in [0, 1).

    Input shape:
        float `(batch, height, width, channels)`, pixels in [0, 1].

    Output shape:
        `(batch, classes)` logits, float32.

    Raises:
        ValueError: the images are too small to be halved once a convolution.

    Example:
        >>> small_cnn((32, 32, 3), 10).count_params()
        1070794
    """
    _check_size(image_shape, len(channels))
    inputs = x = keras.Input(image_shape)
    for width in channels:
        x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dense(hidden, activation="relu")(layers.Flatten()(x))
    x = layers.Dropout(dropout, seed=0)(x)
    return keras.Model(inputs, _logits(x, classes), name="small_cnn")


def eight_layer_cnn(image_shape, classes, channels=(64, 128, 196), hidden=256):
    """Returns the CNN of the active-passive losses paper: pairs of convolutions, then two dense.

    Formula: for each width `pool(relu(bn(conv(relu(bn(conv(x)))))))`, 3x3 with zero padding, then
    `Dense(classes)(relu(bn(Dense(hidden)(flatten(x)))))`.

    Args:
        image_shape: (height, width, channels), pixels.
        classes: int, number of logits.
        channels: ints; of each pair of convolutions.
        hidden: int; units of the hidden layer.

    Input shape:
        float `(batch, height, width, channels)`, pixels in [0, 1].

    Output shape:
        `(batch, classes)` logits, float32.

    Raises:
        ValueError: the images are too small to be halved once a pair.

    Example:
        >>> eight_layer_cnn((32, 32, 3), 10).output_shape
        (None, 10)

    References:
        Ma et al., "Normalized Loss Functions for Deep Learning with Noisy Labels", 2020,
        arXiv:2006.13554, section 4.2 and the authors' code.
    """
    _check_size(image_shape, len(channels))
    inputs = x = keras.Input(image_shape)
    for width in channels:
        for _ in range(2):
            x = layers.Conv2D(width, 3, padding="same", kernel_initializer="he_uniform")(x)
            x = layers.ReLU()(layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x))
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dense(hidden)(layers.Flatten()(x))
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x))
    return keras.Model(inputs, _logits(x, classes), name="eight_layer_cnn")


def resnet(image_shape, classes, depth="18", width=64):
    """Returns a ResNet of basic blocks: keras-cv's, pooled, with a dense layer of logits.

    Below 64 pixels the first convolution is 3x3 with stride 1 and there is no first pooling, as
    everybody has it on CIFAR-10; keras-cv's stages follow.

    Args:
        image_shape: (height, width, channels), pixels.
        classes: int, number of logits.
        depth: "18" or "34".
        width: int; channels of the first stage.

    Input shape:
        float `(batch, height, width, channels)`, pixels in [0, 1].

    Output shape:
        `(batch, classes)` logits, float32.

    Example:
        >>> resnet((32, 32, 3), 10).output_shape
        (None, 10)

    References:
        He et al., "Deep Residual Learning for Image Recognition", 2015, arXiv:1512.03385.
    """
    from keras_cv.src.models.backbones.resnet_v1.resnet_v1_backbone import apply_stack

    blocks = {"18": (2, 2, 2, 2), "34": (3, 4, 6, 3)}[depth]
    inputs = keras.Input(image_shape)
    large = min(image_shape[:2]) >= LARGE
    x = layers.Conv2D(width, 7 if large else 3, 2 if large else 1, padding="same", use_bias=False)(
        inputs
    )
    x = layers.ReLU()(layers.BatchNormalization(epsilon=1.001e-5)(x))
    if large:
        x = layers.MaxPooling2D(3, 2, padding="same")(x)
    for stage, count in enumerate(blocks):
        x = apply_stack(
            x,
            filters=width * 2**stage,
            blocks=count,
            stride=1 if stage == 0 else 2,
            block_type="basic_block",
            first_shortcut=stage > 0,
            name=f"stage_{stage}",
        )
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, _logits(x, classes), name=f"resnet_{depth}")


def _logits(x, classes):
    """The last layer; its output stays float32 in mixed precision."""
    return layers.Dense(classes, dtype="float32", name="logits")(x)


def _check_size(image_shape, halvings):
    """Refuses images that pooling would make vanish."""
    least = 2**halvings
    if min(image_shape[:2]) < least:
        raise ValueError(
            f"This network halves its images {halvings} times: at least {least}x{least} pixels "
            f"were expected. Received: {image_shape[0]}x{image_shape[1]}. Take fewer `channels`."
        )
