"""From a recipe to a classifier of noisy images."""

import dataclasses

from app import config
from app.build.diffusion import build_schedule, build_times
from app.build.optimizer import build_optimizer, jit_compile, seed_and_precision
from app.build.own_code import imported, own_code
from app.diffusion.condition import ClassCondition
from app.models.noisy_classifier import NoisyClassifier
from app.models.noisy_encoder import NoisyEncoder


def build_noisy_classifier(recipe: config.NoisyClassification, image_shape, classes):
    """The untrained model; the same weights for a seed."""
    seed_and_precision(recipe.training)
    diffusion, network = recipe.diffusion, recipe.network
    size = {"image_size": image_shape[0], "image_channels": image_shape[2]}
    with own_code(
        network, f"for images of shape {tuple(image_shape)}", "(noisy, time, training=...)"
    ):
        if isinstance(network, config.CustomNetwork):
            made = imported(network.path)(classes=classes, **size, **network.arguments)
        else:
            made = NoisyEncoder(classes, **size, **dataclasses.asdict(network))
        return NoisyClassifier(
            made,
            build_schedule(diffusion),
            image_shape,
            ClassCondition(classes),
            times=build_times(diffusion),
            pixel_range=(diffusion.pixel_low, diffusion.pixel_high),
            seed=recipe.training.seed,
        )


def compiled_noisy_classifier(recipe: config.NoisyClassification, image_shape, classes, count):
    """The compiled model before its first step; `count` is the number of training images."""
    model = build_noisy_classifier(recipe, image_shape, classes)
    steps = recipe.training.epochs * (count // recipe.training.batch_size)
    model.compile(
        optimizer=build_optimizer(recipe, steps), jit_compile=jit_compile(recipe.training)
    )
    return model
