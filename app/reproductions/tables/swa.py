"""Stochastic weight averaging of a denoiser (B13), by several distances at every epoch (B14)."""

from dataclasses import replace

import numpy as np
from scipy.stats import spearmanr

from app.config import Evaluation, Watching
from app.recipes.cifar10 import CONDITIONAL
from app.recipes.mnist import UNET
from app.recipes.transformer import AVERAGED
from app.reproductions.budgets import seeds_at, small_unet, unet_budget
from app.reproductions.diffusion_rows import (
    again,
    at_epoch,
    beside_paper,
    facts_of,
    judged_by,
    number,
    rows_of,
    scores_lines,
    watched,
)
from app.reproductions.markdown import table, verdicts_table
from app.reproductions.verdicts import Mean, greater, verdict

NAME = "swa"
TITLE = "Averaged weights of a denoiser"
ROW = "denoiser"
WEIGHTS = ("raw", "swa", "ema")
MEASURES = ("frechet", "precision", "recall")
PAPER = {"raw": 156.92, "swa": 113.05}  # FID, of a DiT on CIFAR-10
ENCODERS = {
    "full": ("clip-vit-l14-336", "siglip", "align"),
    "cpu": ("image-text",),
    "smoke": ("image-text",),
}
TRACKS = 0.5  # rank correlation of changes above which a distance counts as following another


def children(budget, seeds, directory=None):
    """The runs of the table by name, "trained-denoiser-<seed>" and "weights-<weights>-<seed>".

    Trained: all weights are measured by epoch. Weights: drawn from after the last one, n = 2,000.

    full: a DiT on CIFAR-10, averaged after epoch 6 of 50 (the report does not say how many), FID
    and MMDs of CLIP, SigLIP and ALIGN, n = 2,000.
    cpu: MNIST, a small U-Net at a constant learning rate, averaged after epoch 3 of 8, the shipped
    judges, n = 512. smoke: embedded digits, 3 epochs.
    """
    metrics = tuple(f"cmmd@{encoder}" for encoder in ENCODERS[budget])
    watching = Watching(
        sample_every=0, samples=60, score_every=1, score_metrics=metrics, score_weights="all"
    )
    if budget == "full":
        base = replace(
            AVERAGED,
            data=replace(AVERAGED.data, directory=directory),
            watching=replace(watching, score_samples=2000),
            evaluation=Evaluation(samples=2000, extractor="inception"),
        )
    elif budget == "cpu":
        base = small_unet(replace(UNET, watching=watching), directory, epochs=8)
        base = replace(base, training=replace(base.training, swa_start_epoch=3))
    else:
        base = unet_budget(replace(CONDITIONAL, watching=watching), budget)
        base = replace(
            base,
            training=replace(base.training, epochs=3, swa_start_epoch=1),
            watching=replace(base.watching, score_samples=32),
        )
    found = {}
    for seed in seeds_at(budget, seeds):
        trained = rows_of(NAME, "trained", {ROW: base}, seed)
        found |= trained
        for weights in WEIGHTS:
            key, metrics = f"weights-{weights}-{seed}", ("frechet", "precision_recall")
            found |= again(NAME, key, trained, ROW, weights=weights, metrics=metrics)
    return found


def metrics_of(results):
    """Names of the distances that the epochs have of all weights, like "cmmd_image_text"."""
    names = {name for result in results.values() for row in result["rows"] for name in row}
    found = (name.removesuffix("_raw") for name in names if name.endswith("_raw"))
    return sorted(found, key=lambda name: (name != "fmd", name))


def last_of(results, metric):
    """The Mean over seeds at the last epoch of a distance, by weights."""
    found = {w: at_epoch(results, f"{metric}_{w}").get(ROW) for w in WEIGHTS}
    return {weights: mean for weights, mean in found.items() if mean is not None}


def following(results, metric):
    """Rank correlation (Spearman) of the changes from epoch to epoch of two distances, by seed.

    Of the distance and the Frechet distance. Of changes, since any two numbers that fall while a
    network trains rank its epochs alike.
    """
    found = []
    for result in results.values():
        rows = [row for row in result["rows"] if f"{metric}_raw" in row]
        if len(rows) > 3:
            pairs = [[row["fmd_raw"], row[f"{metric}_raw"]] for row in rows]
            found.append(float(spearmanr(np.diff(pairs, axis=0)).statistic))
    return found


def claims(results):
    """The claims, each with its verdict; of each distance by itself: they have no common scale."""
    found = {}
    for metric in metrics_of(results):
        last = last_of(results, metric)
        found[f"SWA lowers {metric} at the last epoch"] = verdict(
            [greater(last.get("raw"), last.get("swa"))]
        )
        if metric != "fmd":
            follows = greater(Mean.of(following(results, metric)), Mean(TRACKS, 0.0, 1))
            found[
                f"{metric} follows the Frechet distance by epoch (rank correlation of changes "
                f"above {TRACKS})"
            ] = verdict([follows])
    return found


def report(results):
    """The tables and the verdicts, Markdown."""
    metrics = metrics_of(results)
    last = {metric: last_of(results, metric) for metric in metrics}
    judge = facts_of(results).get("frechet", {}).get("extractor")
    drawn = (watched(results) or {}).get("score_samples")
    reason = "none: the paper's is FID of a DiT on CIFAR-10, of a number of images it does not tell"
    rows = [
        [metric, *(number(last[metric].get(w), 3) for w in WEIGHTS), _ranks(last[metric])]
        for metric in metrics
    ]
    tracked = [
        [metric, ", ".join(f"{value:.2f}" for value in following(results, metric))]
        for metric in metrics
        if metric != "fmd"
    ]
    lines = [
        "Mean over seeds +- standard error (number of seeds). fmd is the Frechet distance, judged "
        f"by {judge}; n = {drawn} at each epoch.",
        "",
        *beside_paper(
            [
                (f"{weights} weights", value, last.get("fmd", {}).get(weights), 2, reason)
                for weights, value in PAPER.items()
            ],
            "Frechet distance, last epoch",
        ),
        "",
        "## Last epoch, every distance",
        "",
        *table(["distance", *WEIGHTS, "from best to worst"], rows),
        "",
        "Distances of different encoders have no common scale: compare within a line only, and the "
        "orders of two lines with each other.",
        "",
        *table(["distance", "rank correlation of its changes with fmd's, by seed"], tracked),
        "",
        f"## After the last epoch, {judged_by(results, group='weights')}",
        "",
        *scores_lines(results, MEASURES, "weights"),
        "",
        *verdicts_table(claims(results)),
    ]
    return "\n".join(lines)


def _ranks(last):
    """The weights from the lowest mean distance to the highest."""
    return ", ".join(sorted(last, key=lambda weights: last[weights].value))
