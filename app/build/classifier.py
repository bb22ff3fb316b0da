"""From a classification recipe to objects: network, loss, optimizer."""

import dataclasses

import keras
import numpy as np

import losses
from app import config
from app.build.optimizer import build_optimizer, jit_compile, seed_and_precision
from app.build.own_code import own_code
from app.config.classification import OPTIONS
from app.data.import_path import imported
from app.errors import UserError
from app.models.classifiers import eight_layer_cnn, resnet, small_cnn
from callbacks.gradient_norm import recording_norm

NETWORKS = {
    config.SmallCNN: small_cnn,
    config.EightLayerCNN: eight_layer_cnn,
    config.ResNet: resnet,
}
LOSSES = {
    "cross_entropy": losses.CrossEntropy,
    "focal": losses.Focal,
    "normalized_cross_entropy": losses.NormalizedCrossEntropy,
    "normalized_focal": losses.NormalizedFocal,
    "mean_absolute_error": losses.MeanAbsoluteError,
    "reverse_cross_entropy": losses.ReverseCrossEntropy,
    "generalized_cross_entropy": losses.GeneralizedCrossEntropy,
    "symmetric_cross_entropy": losses.SymmetricCrossEntropy,
    "asymmetric_mean_square": losses.AsymmetricMeanSquare,
    "asymmetric_generalized_cross_entropy": losses.AsymmetricGeneralizedCrossEntropy,
    "active_passive": losses.ActivePassive,
    "active_negative": losses.ActiveNegative,
}


def build_classifier(recipe: config.Classification, image_shape, classes):
    """The untrained network: float images in [0, 1] to logits; the same weights for a seed."""
    seed_and_precision(recipe.training)
    network = recipe.network
    with own_code(network, f"for images of shape {tuple(image_shape)}", "(images, training=...)"):
        if isinstance(network, config.CustomNetwork):
            model = imported(network.path)(
                image_size=image_shape[0],
                image_channels=image_shape[2],
                classes=classes,
                **network.arguments,
            )
            _refuse_probabilities(model, image_shape, network.path)
        else:
            model = NETWORKS[type(network)](image_shape, classes, **dataclasses.asdict(network))
    penalty = recipe.loss.resolved().weight_penalty
    if penalty:
        for weight in model.trainable_variables:
            weight.regularizer = keras.regularizers.L1(penalty)
    return model


def _refuse_probabilities(model, image_shape, path):
    """Builds a network of the user's own by a call, and refuses one with a softmax or sigmoid.

    The losses take logits; probabilities in their place train, slowly and to a worse end. A loss
    cannot tell them in compiled code on JAX; a sigmoid shows in the last layer of a model of layers
    alone.
    """
    images = np.random.default_rng(0).random((2, *image_shape), "float32")
    found = keras.ops.convert_to_numpy(model(images))
    ends = (keras.activations.softmax, keras.activations.sigmoid)
    last = model.layers[-1] if getattr(model, "outputs", None) else None
    if getattr(last, "activation", None) in ends or (
        found.min() >= 0 and np.allclose(found.sum(axis=-1), 1, atol=1e-3)
    ):
        raise UserError(
            f"The network {path} gives probabilities; the losses take logits. Take the softmax or "
            "sigmoid off its last layer."
        )


def build_robust_loss(settings: config.RobustLoss):
    """The loss of a recipe."""
    return _loss(settings.name, settings)


def _loss(name, settings):
    """One loss with those of the settings that it takes; the parts of a sum are losses too."""
    options = {
        option: getattr(settings, option)
        for option in OPTIONS[name]
        if getattr(settings, option) is not None
    }
    if name == "active_passive":
        options["active"] = _loss(settings.active, settings)
        options["passive"] = _loss(settings.passive, settings)
    if name == "active_negative" and settings.active:
        options["base"] = _loss(settings.active, settings)
    return LOSSES[name](**options)


def compiled_classifier(recipe: config.Classification, image_shape, classes, count):
    """The compiled network before its first step; `count` is the number of training images."""
    model = build_classifier(recipe, image_shape, classes)
    steps = recipe.training.epochs * (count // recipe.training.batch_size)
    model.compile(
        optimizer=recording_norm(build_optimizer(recipe, steps)),
        loss=build_robust_loss(recipe.loss),
        jit_compile=jit_compile(recipe.training),
    )
    return model
