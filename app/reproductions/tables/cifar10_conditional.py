"""The CIFAR-10 report: a class-conditional U-Net (B9), judged by images and texts (B10)."""

from dataclasses import replace

from app.config import Evaluation
from app.recipes.cifar10 import CONDITIONAL
from app.reproductions.budgets import seeds_at, unet_budget
from app.reproductions.diffusion_rows import (
    at_epoch,
    beside_paper,
    facts_of,
    judged_by,
    rows_of,
    scored,
    scores_lines,
    slug,
)
from app.reproductions.markdown import BY_INTERVALS, verdicts_table
from app.reproductions.measured import Measured
from app.reproductions.verdicts import verdict

NAME = "cifar10-conditional"
TITLE = "A class-conditional U-Net on CIFAR-10"
LOSSES = (("loss", 0, 0.1144), ("loss", 1, 0.0482), ("loss", -1, 0.0323), ("val_loss", -1, 0.0313))
PAPER_TOP1, CHANCE = 0.2351, 0.1
TEXTS = ("matching_accuracy", "intended_similarity", "top1_similarity")


def children(budget, seeds, directory=None):
    """The runs of the table by name: "trained-unet-<seed>", and "texts-unet-<seed>" of it.

    Texts are judged by CLIP ViT-B/32 at "full", else by the shipped tiny encoder.
    """
    base = replace(
        CONDITIONAL,
        evaluation=Evaluation(
            samples=2000, metrics=("frechet", "precision_recall", "class_accuracy")
        ),
    )
    base = unet_budget(base, budget, directory)
    found = {}
    for seed in seeds_at(budget, seeds):
        trained = rows_of(NAME, "trained", {"unet": base}, seed)
        found |= trained
        of = f"trained-unet-{seed}"
        found[f"texts-unet-{seed}"] = Measured(
            name=slug(NAME, "texts", seed),
            of=of,
            base=trained[of],
            samples=base.evaluation.samples,
            extractor="clip-vit-b32" if budget == "full" else "image-text",
            metrics=("image_text",),
        )
    return found


def claims(results):
    """Does the intended text fit more often than by chance? Decided by the interval of seed 0."""
    fits = facts_of(results, "texts").get("matching_accuracy", {}).get("interval")
    more = None
    if fits and not fits[0] <= CHANCE <= fits[1]:
        more = fits[0] > CHANCE
    claim = "ours: the intended text fits best in more images than one in ten (95 %)"
    return {claim: verdict([more])}


def report(results):
    """The tables and the verdicts, Markdown."""
    epochs = {0: "after epoch 1", 1: "after epoch 2", -1: "last epoch"}
    names = {"loss": "training loss", "val_loss": "validation loss"}
    lines = [
        "Mean over seeds +- standard error (number of seeds).",
        "",
        *beside_paper(
            [
                (f"{names[metric]}, {epochs[epoch]}", paper)
                + (at_epoch(results, metric, epoch).get("unet"), 4, _loss_reason(results))
                for metric, epoch, paper in LOSSES
            ]
            + [
                ("similarity to the best text", PAPER_TOP1)
                + (scored(results, "top1_similarity", "texts").get("unet"), 4)
                + (_text_reason(results),)
            ]
        ),
        "",
        f"## Images and texts, judged by {judged_by(results, 'top1_similarity', 'texts')}",
        "",
        *scores_lines(results, (*TEXTS, "top1_similarity_noise"), "texts", 3),
        "",
        "A cosine has no chance level of one in ten: the similarity of pure noise and of real "
        "images stands beside. Chance is for the accuracy only.",
        "",
        f"## Judged by {judged_by(results)}",
        "",
        *scores_lines(results, ("frechet", "precision", "recall", "class_accuracy"), digits=3),
        "",
        *verdicts_table(claims(results), BY_INTERVALS),
    ]
    return "\n".join(lines)


def _loss_reason(results):
    """Why losses cannot be compared: "" for the report's own network and data."""
    for result in results.values():
        config = result.get("config", {})
        if config.get("network", {}).get("width") == 64 and config["data"]["name"] == "cifar10":
            return ""
    return "none: another network or other data"


def _text_reason(results):
    """Why similarities cannot be compared: "" for CLIP ViT-B/32."""
    judge = facts_of(results, "texts").get("top1_similarity", {}).get("extractor")
    return "" if judge == "clip-vit-b32" else f"none: the paper's judge is CLIP, ours {judge}"
