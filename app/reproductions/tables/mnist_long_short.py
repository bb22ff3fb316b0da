"""Long and short chains on MNIST (B6), by a normalised Frechet MNIST distance by epoch (B7)."""

from dataclasses import replace
from itertools import combinations

from app.config import Evaluation
from app.diffusion.schedules import linear
from app.recipes.mnist import RECIPES
from app.reproductions.budgets import cnn_budget, seeds_at, watched_as_reported
from app.reproductions.diffusion_rows import (
    as_reported,
    at_epoch,
    beside_paper,
    judged_by,
    number,
    rows_of,
    scored,
    scores_lines,
)
from app.reproductions.markdown import table, verdicts_table
from app.reproductions.verdicts import greater

NAME = "mnist-long-short"
TITLE = "Long and short chains on MNIST"
ROWS = ("default", "long", "short")
PAPER_LAST, PAPER_FALL = 0.08, 4.5  # normalised FMD after 100 epochs, first by last


def children(budget, seeds, directory=None):
    """The runs of the table by name, "trained-<chain>-<seed>".

    Each epoch is judged as the reports do.
    """
    found = {}
    chains = {recipe.name.removeprefix("mnist-"): recipe for recipe in RECIPES}
    for seed in seeds_at(budget, seeds):
        rows = {}
        for name in ROWS:
            base = replace(
                chains[name],
                watching=watched_as_reported(budget),
                evaluation=Evaluation(samples=2000, metrics=("frechet", "precision_recall")),
            )
            rows[name] = cnn_budget(base, budget, directory)
        found |= rows_of(NAME, "trained", rows, seed)
    return found


def schedules():
    """{row: schedule} of the chains."""
    chains = {recipe.name.removeprefix("mnist-"): recipe.diffusion for recipe in RECIPES}
    return {row: linear(chains[row].steps, last=chains[row].last_beta) for row in ROWS}


def no_winner(means):
    """Whether no chain is better than both others: holds, fails, or undecided (one seed).

    Args:
        means: {row: Mean}, of a distance.
    """
    if set(means) != set(ROWS) or any(mean.error is None for mean in means.values()):
        return "undecided"
    beaten = {row: set() for row in ROWS}
    for one, other in combinations(ROWS, 2):
        less = greater(means[other], means[one])
        if less is not None:
            beaten[one if less else other].add(other if less else one)
    return "fails" if any(len(others) == 2 for others in beaten.values()) else "holds"


def claims(results):
    """The claim that no schedule wins, by both distances, with its verdicts."""
    return {
        "no chain has a lower normalised distance (32 samples) than both others": no_winner(
            at_epoch(results, "fmd_normalized")
        ),
        "no chain has a lower Frechet distance (samples of the table) than both others": no_winner(
            scored(results, "frechet")
        ),
    }


def report(results):
    """The tables and the verdicts, Markdown."""
    last = at_epoch(results, "fmd_normalized")
    first = at_epoch(results, "fmd_normalized", 0)
    lines = [
        "Mean over seeds +- standard error (number of seeds).",
        "",
        f"## {as_reported(results)}",
        "",
        "The report's protocol (0: 15 draws of real test images, 1: black); the classifier is "
        "ours. Of so few samples compare with the report only.",
        "",
        *beside_paper(
            [
                (f"{row}: last epoch", PAPER_LAST, last.get(row), 3, _reason(results, row))
                for row in ROWS
            ],
        ),
        "",
        *table(
            ["chain", "first epoch", "last epoch", f"fall (the paper's: {PAPER_FALL})"],
            [
                [row, number(first[row], 3), number(last[row], 3), _fall(first[row], last[row])]
                for row in last
            ],
        ),
        "",
        f"## Frechet distance, {judged_by(results)}",
        "",
        *scores_lines(results, ("frechet", "precision", "recall")),
        "",
        "A claim that nothing wins holds where no chain beats both others by 2 standard errors: "
        "that is no proof that they are equal.",
        "",
        *verdicts_table(claims(results)),
    ]
    return "\n".join(lines)


def _reason(results, row):
    """Why a distance cannot be compared: "" for the report's own network and epochs."""
    chain = next(recipe for recipe in RECIPES if recipe.name == f"mnist-{row}")
    own = results.get(f"trained-{row}-0", {}).get("config")
    if own is None:
        return ""
    epochs, channels = own["training"]["epochs"], tuple(own["network"]["channels"])
    if (epochs, channels) == (chain.training.epochs, chain.network.channels):
        return ""
    return f"none: the paper's is after {chain.training.epochs} epochs, ours after {epochs}"


def _fall(first, last):
    """How many times the last epoch's mean lies below the first one's."""
    return f"{first.value / last.value:.1f}" if last.value > 0 else "to the level of real images"
