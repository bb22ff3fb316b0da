"""From a recipe to what it trains under: seed, precision, optimizer."""

import keras

from app import config
from app.errors import UserError


def seed_and_precision(training: config.Training):
    """What every model is built under: its seed and its number format."""
    keras.utils.set_random_seed(training.seed)
    keras.config.set_dtype_policy(training.precision)


def build_optimizer(recipe: config.Recipe, steps: int):
    """The optimizer of a recipe; `steps` is the length of training in batches.

    Raises:
        UserError: no update fits into that length.
    """
    settings = recipe.optimizer
    updates = max(1, steps // settings.accumulation_steps)
    if settings.accumulation_steps > max(1, steps):
        raise UserError(
            f"Training has {steps} steps, and the weights are updated every "
            f"{settings.accumulation_steps}: never. Train longer, or pass fewer "
            "--optimizer.accumulation-steps."
        )
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
