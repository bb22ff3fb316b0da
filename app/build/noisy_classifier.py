"""From a recipe to a classifier of noisy images."""

import dataclasses

from app import config
from app.build.diffusion import build_condition, build_schedule, build_times, known_of
from app.build.optimizer import build_optimizer, jit_compile, seed_and_precision
from app.build.own_code import own_code
from app.data.import_path import imported
from app.diffusion.likelihood import width
from app.models.noisy_classifier import NoisyClassifier
from app.models.noisy_encoder import NoisyEncoder


def build_noisy_classifier(
    recipe: config.NoisyClassification, image_shape, classes, attribute_names=()
):
    """The untrained model, of attributes where they are named; the same weights for a seed."""
    seed_and_precision(recipe.training)
    kind = "attributes" if attribute_names else "class"
    condition = build_condition(kind, classes, attribute_names)
    diffusion, network = recipe.diffusion, recipe.network
    size = {"image_size": image_shape[0], "image_channels": image_shape[2]}
    with own_code(
        network, f"for images of shape {tuple(image_shape)}", "(noisy, time, training=...)"
    ):
        if isinstance(network, config.CustomNetwork):
            made = imported(network.path)(**known_of(condition), **size, **network.arguments)
        else:
            made = NoisyEncoder(width(condition), **size, **dataclasses.asdict(network))
        return NoisyClassifier(
            made,
            build_schedule(diffusion),
            image_shape,
            condition,
            times=build_times(diffusion),
            pixel_range=(diffusion.pixel_low, diffusion.pixel_high),
            seed=recipe.training.seed,
        )


def compiled_noisy_classifier(recipe: config.NoisyClassification, train):
    """The compiled model before its first step; `train` are the images it learns from."""
    model = build_noisy_classifier(recipe, train.image_shape, train.classes, train.attribute_names)
    steps = recipe.training.epochs * (len(train) // recipe.training.batch_size)
    model.compile(
        optimizer=build_optimizer(recipe, steps), jit_compile=jit_compile(recipe.training)
    )
    return model
