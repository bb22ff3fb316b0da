"""From a diffusion recipe to its untrained model: network, schedule, condition."""

import dataclasses

import keras

from app import config
from app.build.noise import build_noise
from app.build.optimizer import seed_and_precision
from app.build.own_code import own_code
from app.data.import_path import imported
from app.diffusion.condition import AttributeCondition, ClassCondition, NoCondition
from app.diffusion.schedules import SCHEDULES
from app.diffusion.targets import TARGETS
from app.diffusion.training_times import TIMES
from app.errors import UserError
from app.models.cnn import PlainCNN
from app.models.diffusion_model import DiffusionModel
from app.models.dit import DiT
from app.models.unet import Unet
from layers.attention_kernels import attend


def build_model(recipe: config.Recipe, image_shape, classes, attribute_names=()) -> DiffusionModel:
    """The untrained model; the same weights for a seed."""
    seed_and_precision(recipe.training)
    diffusion = recipe.diffusion
    condition = build_condition(diffusion.condition, classes, attribute_names)
    schedule = build_schedule(diffusion)
    with own_code(
        recipe.network,
        f"for images of shape {tuple(image_shape)}",
        "(noisy, time, condition, training=...) and returns the shape of noisy",
    ):
        return DiffusionModel(
            build_network(recipe.network, image_shape, condition),
            schedule,
            image_shape=image_shape,
            target=build_target(diffusion),
            weighting=diffusion.weighting,
            times=build_times(diffusion),
            condition=condition,
            label_dropout=diffusion.label_dropout,
            noise=build_noise(recipe, image_shape),
            pixel_range=(diffusion.pixel_low, diffusion.pixel_high),
            seed=recipe.training.seed,
        )


def build_condition(kind, classes, attribute_names):
    """The condition of a kind, for as many classes, or attributes of these names."""
    if kind == "class":
        return ClassCondition(classes)
    return AttributeCondition(attribute_names) if kind == "attributes" else NoCondition()


def build_network(network: config.Network, image_shape, condition):
    """The network of a recipe, for images of a shape (height, width, channels)."""
    height, _, channels = image_shape
    known = known_of(condition)
    options = dataclasses.asdict(network)
    if isinstance(network, config.PlainCNN):
        return PlainCNN(image_channels=channels, **known, **options)
    if isinstance(network, (config.Unet, config.DiT)):
        check_device(network.kernel)
        made = Unet if isinstance(network, config.Unet) else DiT
        return made(image_channels=channels, image_size=height, **known, **options)
    made = imported(network.path)(
        image_size=height, image_channels=channels, **known, **network.arguments
    )
    try:
        if isinstance(made, keras.Layer):
            made.get_config()
    except NotImplementedError as error:
        raise UserError(
            f"The network {network.path} has no get_config, which the export rebuilds it from. "
            "Define get_config(self), returning its constructor arguments."
        ) from error
    return made


def known_of(condition):
    """What the constructor of a network is told of a condition: classes, and any attributes."""
    known = {"classes": getattr(condition, "classes", None)}
    if isinstance(condition, AttributeCondition):
        known["attributes"] = condition.attributes
    return known


def check_device(kernel):
    """Refuses an attention kernel that this device does not have, before anything is built."""
    dtype = keras.config.dtype_policy().compute_dtype
    try:
        attend(*[keras.ops.zeros((1, 1, 8, 64), dtype)] * 3, kernel=kernel)
    except ValueError as error:
        raise UserError(str(error)) from error


def build_schedule(diffusion: config.Diffusion):
    """The noise schedule of a recipe."""
    ends = {"first": diffusion.first_beta, "last": diffusion.last_beta}
    if diffusion.schedule in ("exploding", "karras"):
        ends = {"smallest": diffusion.smallest_sigma, "largest": diffusion.largest_sigma}
        ends = {name: value for name, value in ends.items() if value is not None}
    if diffusion.schedule in ("cosine", "sigmoid", "flow"):
        ends = {}
    if diffusion.schedule == "linear":
        ends["scaled"] = diffusion.scale_to_steps
    schedule = SCHEDULES[diffusion.schedule](steps=diffusion.steps, **ends)
    return schedule.zero_terminal() if diffusion.zero_terminal else schedule


def build_target(diffusion: config.Diffusion):
    """The target of a recipe."""
    kind = TARGETS[diffusion.target]
    return kind(diffusion.sigma_data) if diffusion.target == "edm" else kind()


def build_times(diffusion: config.Diffusion):
    """The distribution of training times of a recipe; what it leaves unset is the default."""
    values = {"mean": diffusion.time_mean, "deviation": diffusion.time_deviation}
    return TIMES[diffusion.times](**{k: v for k, v in values.items() if v is not None})
