"""Cold diffusion on MNIST (B8): digits fade into images of clothes, in place of noise."""

from dataclasses import replace

from app.config import Evaluation
from app.recipes import RECIPES
from app.recipes.mnist_noise import COLD
from app.reproductions.budgets import cnn_budget, seeds_at, watched_as_reported
from app.reproductions.diffusion_rows import (
    again,
    as_reported,
    at_epoch,
    judged_by,
    losses_lines,
    number,
    rows_of,
    scored,
    scores_lines,
)
from app.reproductions.markdown import table, verdicts_table
from app.reproductions.verdicts import greater, no_less, verdict

NAME = "mnist-cold"
TITLE = "Cold diffusion on MNIST"
MEASURES = ("frechet", "precision", "recall")
COLD_ROW, SAME, REPORTED = "cold", "noise, clean target", "noise, noise target"
ESTIMATED, FIRST = "cold, estimated start", "cold, Algorithm 1"
OTHERWISE = {ESTIMATED: {"cold_noise": "estimated"}, FIRST: {"cold_algorithm": "1"}}


def children(budget, seeds, directory=None):
    """The runs of the table by name, "trained-<row>-<seed>", and "restored-<row>-<seed>".

    Trained: cold diffusion, restored with the start that it keeps; the same network, target and
    chain with Gaussian noise; and the report's own, which predicts the noise. Restored: by the cold
    weights, otherwise: with a start that each step estimates anew, and by Algorithm 1. Each epoch
    is judged as the reports do; n at the end: 2,000, since there are 10,000 test images of clothes
    to start from.
    The budgets are those of `cnn_budget`, cpu with 40,000 images; smoke fades into scikit-learn's
    digits.
    """
    judged = Evaluation(samples=2000, metrics=("frechet", "precision_recall"))
    cold, noised = (
        cnn_budget(
            replace(recipe, watching=watched_as_reported(budget), evaluation=judged),
            budget,
            directory,
            images=40_000,
        )
        for recipe in (COLD, RECIPES["mnist-default"])
    )
    fading = replace(cold.diffusion, noise_data="digits") if budget == "smoke" else cold.diffusion
    rows = {
        COLD_ROW: replace(cold, diffusion=fading, sampling=replace(cold.sampling, sampler="cold")),
        SAME: replace(noised, diffusion=replace(noised.diffusion, target="clean")),
        REPORTED: noised,
    }
    found = {}
    for seed in seeds_at(budget, seeds):
        trained = rows_of(NAME, "trained", rows, seed)
        kept = trained[f"trained-{COLD_ROW}-{seed}"].sampling
        found |= trained
        for row, otherwise in OTHERWISE.items():
            sampling = replace(kept, **otherwise)
            found |= again(NAME, f"restored-{row}-{seed}", trained, COLD_ROW, sampling=sampling)
    return found


def claims(results):
    """The report's claims, each with its verdict, and ours."""
    losses, distances = at_epoch(results, "val_loss"), scored(results, "frechet")
    normalized = at_epoch(results, "fmd_normalized")
    restored = scored(results, "frechet", "restored")
    return {
        "lower validation loss than noise with the target noise (as in the report; of two targets, "
        "so that it says nothing)": verdict([greater(losses.get(REPORTED), losses.get(COLD_ROW))]),
        "ours: lower validation loss than noise with the same target, clean": verdict(
            [greater(losses.get(SAME), losses.get(COLD_ROW))]
        ),
        "no better normalised distance (32 samples) than noise with the target noise": verdict(
            [no_less(normalized.get(COLD_ROW), normalized.get(REPORTED))]
        ),
        "ours: no better Frechet distance than noise with the same target": verdict(
            [no_less(distances.get(COLD_ROW), distances.get(SAME))]
        ),
        "ours: the kept start restores better than the estimated one": verdict(
            [greater(restored.get(ESTIMATED), distances.get(COLD_ROW))]
        ),
        "ours: Algorithm 2 restores better than Algorithm 1": verdict(
            [greater(restored.get(FIRST), distances.get(COLD_ROW))]
        ),
    }


def report(results):
    """The tables and the verdicts, Markdown."""
    normalized = at_epoch(results, "fmd_normalized")
    lines = [
        "Mean over seeds +- standard error (number of seeds). The report gives figures and no "
        "numbers, so its claims are checked.",
        "",
        "## Losses of the last epoch",
        "",
        *losses_lines(results),
        "",
        "A loss compares with another of the same target only: the error of a clean image and that "
        "of the noise are different numbers of the same network. And of one target it says how "
        "hard the images are to clean, not how well they are drawn.",
        "",
        f"## Frechet distance, {judged_by(results)}",
        "",
        *scores_lines(results, MEASURES),
        "",
        "The same weights, restored otherwise: with a start that each step estimates anew, and by "
        "Algorithm 1, which does not correct its errors:",
        "",
        *scores_lines(results, MEASURES, "restored"),
        "",
        f"## {as_reported(results)}",
        "",
        "The report's protocol (0: 15 draws of real test images, 1: black).",
        "",
        *table(["row", "last epoch"], [[row, number(m, 3)] for row, m in normalized.items()]),
        "",
        '"No better" holds where the distance is not lower by 2 standard errors: that is no proof '
        "that the two are equal.",
        "",
        *verdicts_table(claims(results)),
    ]
    return "\n".join(lines)
