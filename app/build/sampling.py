"""From a recipe to what it draws with: sampler, its settings, labels."""

import numpy as np

from app import config
from app.diffusion.condition import AttributeCondition
from app.diffusion.samplers import (
    DDIM,
    DDPM,
    Cold,
    DPMSolver,
    Heun,
    Langevin,
    PredictorCorrector,
)
from app.errors import UserError


def build_sampler(sampling: config.Sampling, pixel_range):
    """The sampler of a recipe."""
    clip = tuple(pixel_range) if sampling.clip else None
    if sampling.sampler == "ddim":
        return DDIM(eta=sampling.eta, clip=clip)
    if sampling.sampler == "dpm_solver":
        return DPMSolver(clip=clip)
    if sampling.sampler == "cold":
        return Cold(int(sampling.cold_algorithm), sampling.cold_noise, clip)
    if sampling.sampler in ("euler", "heun"):
        order = 1 if sampling.sampler == "euler" else 2
        churn = (sampling.churn, sampling.churn_interval, sampling.churn_noise)
        return Heun(order, *churn, clip=clip)
    if sampling.sampler == "langevin":
        return Langevin(sampling.moves, sampling.snr, clip)
    if sampling.sampler == "predictor_corrector":
        return PredictorCorrector(sampling.moves, sampling.snr or 0.16, clip)
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


def class_labels(model, count, labels=(), first_index=0, attributes=(), every=1):
    """Labels for `count` images: the given ones in turn, or all classes in turn; None without.

    The label "none", alone, is the null: what stood for a label dropped in training. Of a model of
    attributes, vectors: the given combinations (`AttributeCondition.vectors`) in turn, or each
    attribute alone in turn. `every` images one after the other share theirs. The label of an image
    depends on its index alone, so that a stopped job goes on unchanged.
    """
    turns = (first_index + np.arange(count)) // every
    by_attributes = isinstance(model.condition, AttributeCondition)
    if attributes and not by_attributes:
        raise UserError(
            "This run is not conditional on attributes: leave out --attributes, or draw with a "
            "--classifier that was trained on them."
        )
    if by_attributes:
        if labels and not unlabelled(labels):
            raise UserError(
                "Attributes can be asked for here, and no classes: leave out --labels and pass "
                f"--attributes. Known: {', '.join(model.condition.names)}."
            )
        if unlabelled(labels):
            if attributes:
                raise UserError(
                    "`--labels none` tells the run nothing of the images, and `--attributes` asks "
                    "for some. Leave out one of them, or let a --classifier ask."
                )
            return np.asarray(model.condition.null(count))
        kinds = model.condition.vectors(attributes or model.condition.names)
        return kinds[turns % len(kinds)]
    if not model.conditional:
        if labels and not unlabelled(labels):
            raise UserError("This run has no condition: leave out --labels.")
        return None
    if unlabelled(labels):
        return np.asarray(model.condition.null(count))
    wrong = [label for label in labels if not 0 <= label < model.condition.classes]
    if wrong:
        raise UserError(
            f"Labels must lie in 0..{model.condition.classes - 1}, the classes of this run. "
            f"Received: {wrong[0]}."
        )
    kinds = np.asarray(labels or range(model.condition.classes), "int32")
    return kinds[turns % len(kinds)]


def unlabelled(labels):
    """Whether labels as asked for, `--labels none`, say that images are drawn without any."""
    return tuple(labels) == ("none",)


def recorded(labels, asked):
    """Labels as an archive of samples keeps them: -1 for what was drawn without one."""
    return np.full_like(labels, -1) if unlabelled(asked) else labels
