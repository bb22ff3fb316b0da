"""From a recipe to objects: data, schedule, network, model, optimizer, sampler, loss, labels."""

import contextlib
import dataclasses
import importlib
import inspect
import sys
from pathlib import Path

import keras
import numpy as np

from app import config
from app.data import load, split
from app.data.label_noise import CIFAR10
from app.diffusion.condition import ClassCondition, NoCondition
from app.diffusion.samplers import DDIM, DDPM, DPMSolver
from app.diffusion.schedules import SCHEDULES
from app.errors import UserError, first_line
from app.metrics.features import EXTRACTORS, extractor
from app.models.cnn import PlainCNN
from app.models.diffusion_model import DiffusionModel
from app.models.unet import Unet


@dataclasses.dataclass(frozen=True)
class Images:
    """The three parts of a data set: trained on, validated on, and held out."""

    train: object
    validation: object
    test: object


def build_data(recipe: config.Recipe) -> Images:
    """Loads the data set and splits off the validation images, the same ones for a seed."""
    whole = load_part(recipe.data, "train")
    if recipe.diffusion.condition == "class" and not whole.classes:
        raise UserError(
            f"The recipe is conditional on classes, but {recipe.data.name} has no labels. "
            "Pass --diffusion.condition none, or put the images into one folder a class."
        )
    test = load_part(recipe.data, "test")
    train, validation = split(whole, recipe.data.validation_fraction, seed=0)
    if len(train) < recipe.training.batch_size:
        raise UserError(
            f"{recipe.data.name} has {len(train)} training images, fewer than a batch of "
            f"{recipe.training.batch_size}. Pass a smaller --training.batch-size."
        )
    return Images(train, validation, test)


def load_part(data: config.Data, part):
    """The "train" or "test" part of the data set that a recipe names."""
    return load(
        data.name, split=part, directory=data.directory, size=data.size, download=data.download
    )


def seed_and_precision(training: config.Training):
    """What every model is built under: its seed and its number format."""
    keras.utils.set_random_seed(training.seed)
    keras.config.set_dtype_policy(training.precision)


def build_model(recipe: config.Recipe, image_shape, classes) -> DiffusionModel:
    """The untrained model; the same weights for a seed."""
    seed_and_precision(recipe.training)
    diffusion = recipe.diffusion
    classes = classes if diffusion.condition == "class" else None
    schedule = build_schedule(diffusion)
    with own_code(
        recipe.network,
        f"for images of shape {tuple(image_shape)}",
        "(noisy, time, condition, training=...) and returns the shape of noisy",
    ):
        return DiffusionModel(
            build_network(recipe.network, image_shape, classes),
            schedule,
            image_shape=image_shape,
            target=diffusion.target,
            weighting=diffusion.weighting,
            times=diffusion.times,
            condition=ClassCondition(classes) if classes else NoCondition(),
            label_dropout=diffusion.label_dropout,
            pixel_range=(diffusion.pixel_low, diffusion.pixel_high),
            seed=recipe.training.seed,
        )


def build_network(network: config.Network, image_shape, classes):
    """The network of a recipe, for images of a shape (height, width, channels)."""
    height, _, channels = image_shape
    options = dataclasses.asdict(network)
    if isinstance(network, config.PlainCNN):
        return PlainCNN(image_channels=channels, classes=classes, **options)
    if isinstance(network, config.Unet):
        return Unet(image_channels=channels, image_size=height, classes=classes, **options)
    made = imported(network.path)(
        image_size=height, image_channels=channels, classes=classes, **network.arguments
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


def build_schedule(diffusion: config.Diffusion):
    """The noise schedule of a recipe."""
    ends = {"first": diffusion.first_beta, "last": diffusion.last_beta}
    if diffusion.schedule in ("cosine", "sigmoid"):
        ends = {}
    if diffusion.schedule == "linear":
        ends["scaled"] = diffusion.scale_to_steps
    schedule = SCHEDULES[diffusion.schedule](steps=diffusion.steps, **ends)
    return schedule.zero_terminal() if diffusion.zero_terminal else schedule


def build_optimizer(recipe: config.Recipe, steps: int):
    """The optimizer of a recipe; `steps` is the length of training in batches."""
    settings = recipe.optimizer
    updates = max(1, steps // settings.accumulation_steps)
    kind = {
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "sgd": keras.optimizers.SGD,
    }[settings.name]
    options = {}
    if settings.name == "adamw" or settings.weight_decay:
        options["weight_decay"] = settings.weight_decay
    if settings.name == "sgd":
        options["momentum"] = settings.momentum
    if settings.accumulation_steps > 1:
        options["gradient_accumulation_steps"] = settings.accumulation_steps
    return kind(
        learning_rate=_learning_rate(settings, updates),
        global_clipnorm=settings.clip_norm or None,
        **options,
    )


def jit_compile(training: config.Training):
    """`training.compile_xla` as `keras.Model.compile` takes it."""
    return {"auto": "auto", "on": True, "off": False}[training.compile_xla]


def _learning_rate(settings, updates):
    """A number, or a schedule counted in updates."""
    if settings.decay == "constant" and not settings.warmup_steps:
        return settings.learning_rate
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if settings.warmup_steps else settings.learning_rate,
        warmup_target=settings.learning_rate if settings.warmup_steps else None,
        warmup_steps=settings.warmup_steps,
        decay_steps=max(1, updates - settings.warmup_steps),
        alpha=1.0 if settings.decay == "constant" else 0.0,
    )


def build_sampler(sampling: config.Sampling, pixel_range):
    """The sampler of a recipe."""
    clip = tuple(pixel_range) if sampling.clip else None
    if sampling.sampler == "ddim":
        return DDIM(eta=sampling.eta, clip=clip)
    if sampling.sampler == "dpm_solver":
        return DPMSolver(clip=clip)
    return DDPM(variance=sampling.variance, clip=clip)


def drawing(sampling: config.Sampling, pixel_range):
    """The arguments of `draw_images` that decide what a recipe draws."""
    return {
        "sampler": build_sampler(sampling, pixel_range),
        "steps": sampling.steps,
        "spacing": sampling.spacing,
        "guidance": sampling.guidance,
        "guidance_interval": sampling.guidance_interval,
        "seed": sampling.seed,
    }


def build_loss(name: str):
    """A Keras loss by name, or an instance of the user's own `module:Class`; tried out once."""
    pixels = np.full((2, 2, 2, 1), 0.5, "float32")
    try:
        loss = imported(name)() if ":" in name else keras.losses.get(name)
        keras.ops.convert_to_numpy(loss(pixels, pixels)).astype("float32")
    except UserError:
        raise
    except Exception as error:
        raise UserError(
            f"The loss {name!r} cannot compare two batches of images ({type(error).__name__}: "
            f"{first_line(error)}). Pass the name of a Keras loss for numbers, like "
            "mean_squared_error, or module:Class of your own."
        ) from error
    return loss


@contextlib.contextmanager
def own_code(network, doing, called):
    """Says whose code it was, and how it is called, when a network of the user's own fails."""
    try:
        yield
    except Exception as error:
        if isinstance(error, UserError) or not isinstance(network, config.CustomNetwork):
            raise
        raise UserError(
            f"The network {network.path} failed {doing}: {type(error).__name__}: "
            f"{first_line(error)}. It is called as {called}."
        ) from error


def imported(path: str):
    """The object at `module:name`, the current folder included.

    Raises:
        UserError: the path has no colon, or the module or name is not found or fails.
    """
    module, colon, name = path.partition(":")
    if not colon:
        raise UserError(f"Expected an import path module:name. Received: {path!r}.")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return getattr(importlib.import_module(module), name)
    except (Exception, SystemExit) as error:
        raise UserError(
            f"Could not import {path!r}: {type(error).__name__}: {first_line(error)}. Start in "
            "the folder of the module, or set PYTHONPATH."
        ) from error


def class_labels(model, count, labels=(), first_index=0):
    """Labels for `count` images: the given ones in turn, or all classes in turn; None without.

    The label of an image depends on its index alone, so that a stopped job goes on unchanged.
    """
    if not model.conditional:
        if labels:
            raise UserError("This run has no condition: leave out --labels.")
        return None
    wrong = [label for label in labels if not 0 <= label < model.condition.classes]
    if wrong:
        raise UserError(
            f"Labels must lie in 0..{model.condition.classes - 1}, the classes of this run. "
            f"Received: {wrong[0]}."
        )
    kinds = np.asarray(labels or range(model.condition.classes), "int32")
    return kinds[(first_index + np.arange(count)) % len(kinds)]


def extractor_for(recipe: config.Recipe, dataset):
    """The feature extractor of a recipe."""
    name = recipe.evaluation.extractor
    return build_extractor(name, dataset.image_shape, dataset.class_names)


def build_extractor(name, image_shape, class_names=(), weights=None):
    """A feature extractor by name.

    Args:
        name: a name in `app.metrics.features.EXTRACTORS`, or "auto": the classifier of the digits
            (from 16 pixels on) or of CIFAR-10's classes, the pixels otherwise.
        image_shape: (height, width, channels) of the real images.
        class_names: names of their classes.
        weights: path of the weights, for extractors that take one, or None.

    Raises:
        UserError: the extractor takes no weights.
        ValueError: there is no extractor of that name.
    """
    if name == "auto":
        digits = tuple(class_names) == tuple("0123456789")
        photographs = set(class_names) == set(CIFAR10)
        name = "digit-classifier" if digits and image_shape[0] >= 16 else "pixels"
        name = "cifar-classifier" if photographs else name
    taken = inspect.signature(EXTRACTORS[name]).parameters if name in EXTRACTORS else {}
    arguments = {"shape": image_shape} if "shape" in taken else {}
    if weights is not None:
        if taken and "weights" not in taken:
            raise UserError(
                f"The extractor '{name}' takes no weights from a file: it brings its own, or has "
                "none. Leave out --extractor-weights, or choose another --extractor."
            )
        arguments["weights"] = weights
    return extractor(name, **arguments)
