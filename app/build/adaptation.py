"""From an adaptation recipe to objects: backbone, model, optimizer."""

import keras
from keras import layers

from app import config
from app.build.data import load_part
from app.build.optimizer import build_optimizer, jit_compile, seed_and_precision
from app.data.resize import resized
from app.errors import UserError, first_line
from app.models.domain_adversarial import DomainAdversarial


def load_domain(recipe: config.Adaptation, domain, part):
    """The "train" or "test" images of the domain "source" or "target", at the recipe's size."""
    channels = 3 if recipe.channels == "colour" else 1
    return resized(load_part(getattr(recipe, domain), part), recipe.size, channels)


def build_adaptation(recipe: config.Adaptation, image_shape, classes, ramp_steps=1):
    """The untrained model; the same weights for a seed. The ramp is for training only."""
    seed_and_precision(recipe.training)
    alignment = recipe.alignment
    return DomainAdversarial(
        build_backbone(recipe.network, image_shape),
        classes,
        hidden=recipe.network.hidden,
        stages=alignment.stages,
        strength=alignment.strength,
        ramp_steps=ramp_steps if alignment.ramp else None,
        conditional=alignment.conditional,
        entropy_weighted=alignment.entropy_weighted,
        separate=alignment.separate,
        mmd=alignment.mmd,
        coral=alignment.coral,
        confusion=alignment.confusion,
    )


def build_backbone(network, image_shape):
    """The network up to the features, of float images in [0, 1]."""
    inputs = keras.Input(image_shape)
    if isinstance(network, config.ResNet50):
        try:
            base = keras.applications.ResNet50(
                include_top=False, weights=network.weights, input_shape=image_shape, pooling="avg"
            )
        except Exception as error:  # no network, no file, or a file of other weights
            raise UserError(
                f"ResNet-50 could not be made with the weights {network.weights!r} "
                f"({first_line(error)}). Pass a file of keras.applications' weights without top, "
                "or leave --network.weights out."
            ) from error
        scaled = layers.Rescaling(255.0)(inputs)
        x = base(
            keras.applications.resnet50.preprocess_input(scaled) if network.weights else inputs
        )
        return keras.Model(inputs, x, name="backbone")
    x = inputs
    for width in network.channels:
        x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        x = layers.MaxPooling2D(2, padding="same")(x)
    return keras.Model(inputs, layers.Flatten()(x), name="backbone")


def compiled_adaptation(recipe: config.Adaptation, image_shape, classes, steps):
    """The compiled model before its first step; `steps` is the length of training in batches."""
    model = build_adaptation(recipe, image_shape, classes, steps)
    model.compile(
        optimizer=build_optimizer(recipe, steps),
        jit_compile=jit_compile(recipe.training),
    )
    return model
