"""Which choice reads an option; one that nothing reads is refused, with what would read it."""

from __future__ import annotations

import dataclasses

# In place of choices by name: a number, and one value or more.
ABOVE_0, GIVEN = ("above 0",), ("given",)
_BETAS = ("diffusion.schedule", ("linear", "geometric", "annealed"))
_LEVELS = ("diffusion.schedule", ("exploding", "karras"))
_TIMES = ("diffusion.times", ("log_normal", "logit_normal"))
_ENTROPY = ("diffusion.noise", ("entropy",))
_IMAGES = ("diffusion.noise", ("images",))
_CONDITION = ("diffusion.condition", ("class", "attributes"))
_ATTRIBUTES = ("diffusion.condition", ("attributes",))
_COLD = ("sampling.sampler", ("cold",))
_HEUN = ("sampling.sampler", ("euler", "heun"))
_CHURN = ("sampling.churn", ABOVE_0)
_STAGES = ("alignment.stages", GIVEN)
_SCORED = ("watching.score_every", ABOVE_0)
_TEXTS = ("text_loss.weight", ABOVE_0)
_LANGEVIN = ("sampling.sampler", ("langevin", "predictor_corrector"))

# Of each option its default, and the choice that must be one of these for the option to be read.
# A choice that is an option too stands before those that it reads.
READ_BY = {
    "diffusion.first_beta": (1e-4, *_BETAS),
    "diffusion.last_beta": (0.02, *_BETAS),
    "diffusion.scale_to_steps": (False, "diffusion.schedule", ("linear",)),
    "diffusion.smallest_sigma": (None, *_LEVELS),
    "diffusion.largest_sigma": (None, *_LEVELS),
    "diffusion.sigma_data": (0.5, "diffusion.target", ("edm",)),
    "diffusion.time_mean": (None, *_TIMES),
    "diffusion.time_deviation": (None, *_TIMES),
    "diffusion.noise_scale": ("image", *_ENTROPY),
    "diffusion.constant_scale": (0.878, "diffusion.noise_scale", ("constant",)),
    "diffusion.unit_noise_target": (False, *_ENTROPY),
    "diffusion.unit_noise_start": (False, *_ENTROPY),
    "diffusion.noise_data": ("fashion_mnist", *_IMAGES),
    "diffusion.noise_directory": (None, *_IMAGES),
    "diffusion.label_dropout": (0.1, *_CONDITION),
    "sampling.eta": (0.0, "sampling.sampler", ("ddim",)),
    "sampling.variance": ("posterior", "sampling.sampler", ("ddpm",)),
    "sampling.cold_algorithm": ("2", *_COLD),
    "sampling.cold_noise": ("kept", *_COLD),
    "sampling.churn": (0.0, *_HEUN),
    "sampling.churn_interval": (None, *_CHURN),
    "sampling.churn_noise": (1.0, *_CHURN),
    "sampling.moves": (1, *_LANGEVIN),
    "sampling.snr": (None, *_LANGEVIN),
    "sampling.guidance_interval": (None, "sampling.guidance", ABOVE_0),
    "evaluation.attribute_samples": (100, *_ATTRIBUTES),
    "evaluation.attribute_rows": ((), *_ATTRIBUTES),
    "watching.score_samples": (512, *_SCORED),
    "watching.score_metrics": ((), *_SCORED),
    "watching.score_weights": ("best", *_SCORED),
    "watching.score_split": ("train", *_SCORED),
    "watching.score_real": (10_000, *_SCORED),
    "text_loss.extractor": ("image-text", *_TEXTS),
    "text_loss.prompt": (None, *_TEXTS),
    "optimizer.weight_decay": (0.0, "optimizer.name", ("adamw", "sgd")),
    "optimizer.momentum": (0.9, "optimizer.name", ("sgd",)),
    "training.power_snapshots": (16, "training.power_averages", GIVEN),
    "noise.rate": (0.4, "noise.kind", ("symmetric", "asymmetric", "instance")),
    "noise.include_true_class": (False, "noise.kind", ("symmetric",)),
    "alignment.strength": (1.0, *_STAGES),
    "alignment.ramp": (True, *_STAGES),
    "alignment.conditional": (False, *_STAGES),
}
PARTS = tuple(dict.fromkeys(option.partition(".")[0] for option in READ_BY))


def check_read(**parts) -> None:
    """Raises ValueError if an option is set that nothing reads, of configs by part."""
    chosen = _chosen(parts)
    for option in unread(chosen):
        _, reader, values = READ_BY[option]
        raise ValueError(
            f"`{option.rpartition('.')[2]}` is read where `{reader}` is {either(values)}. "
            f"Received: {chosen[option]} with {chosen[reader]}. Leave it out, or take `{reader}` "
            f"{either(values)}.",
        )


def unread(chosen) -> dict:
    """The options that are set and that nothing reads, {option: default}, of {option: value}.

    Options and choices are named as in `READ_BY`; those whose reader is not given are left out.
    """
    found = {}
    for option, (default, reader, values) in READ_BY.items():
        if reader not in chosen or chosen.get(option, default) == default:
            continue
        if not _reads(found.get(reader, chosen[reader]), values):
            found[option] = default
    return found


def reads(sampler, name) -> bool:
    """Whether a sampler reads a field of `Sampling`, itself or by another that it reads."""
    option = f"sampling.{name}"
    while option in READ_BY:
        _, option, values = READ_BY[option]
        if option == "sampling.sampler":
            return sampler in values
    return True


def without_unread(recipe, changes):
    """The recipe without those of its own options that would not be read after the changes.

    Args:
        recipe: a recipe of any kind.
        changes: {choice as in `READ_BY`: value}, which are not made here: an option that the one
            who changes gives as well, and that nothing reads, is still refused.
    """
    parts = {name: getattr(recipe, name) for name in PARTS if hasattr(recipe, name)}
    found = unread(_chosen(parts) | changes)
    for name, part in parts.items():
        own = {option.rpartition(".")[2]: v for option, v in found.items() if _part(option) == name}
        if own:
            recipe = dataclasses.replace(recipe, **{name: dataclasses.replace(part, **own)})
    return recipe


def drawn_with(recipe, **changes):
    """The recipe with its sampling changed, without its options that the new sampling reads not.

    Raises:
        ValueError: what is changed does not fit the recipe, or is read by nothing.
    """
    recipe = without_unread(recipe, {f"sampling.{name}": v for name, v in changes.items()})
    return dataclasses.replace(recipe, sampling=dataclasses.replace(recipe.sampling, **changes))


def either(names) -> str:
    """Names as words: a, b or c."""
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _chosen(parts):
    """{part.field: value} of configs by part."""
    return {
        f"{name}.{field.name}": getattr(part, field.name)
        for name, part in parts.items()
        for field in dataclasses.fields(part)
    }


def _part(option):
    """The part of a recipe that an option belongs to."""
    return option.partition(".")[0]


def _reads(value, values):
    """Whether a choice of this value reads the options that ask for one of `values`."""
    if values == ABOVE_0:
        return isinstance(value, (int, float)) and value > 0
    if values == GIVEN:
        return bool(value)
    return value in values
