"""The MNIST report's study of capacity: four times the channels (B3)."""

from dataclasses import replace

from app.config import Evaluation, PlainCNN
from app.recipes.mnist import CNN
from app.reproductions.budgets import cnn_budget, seeds_at
from app.reproductions.diffusion_rows import (
    CLIPPED,
    DRAWN_CLIPPED,
    at_epoch,
    beside_paper,
    not_fid,
    number,
    rows_of,
    scored,
    scores_lines,
)
from app.reproductions.markdown import table, verdicts_table
from app.reproductions.verdicts import greater, verdict

NAME = "mnist-capacity"
TITLE = "Capacity of a plain CNN on MNIST"
CHANNELS = {"small": (16, 32, 32, 16), "large": (64, 128, 256, 128, 64)}
PAPER = {"small": 50.02, "large": 24.54}  # FID, n = 1,000


def children(budget, seeds, directory=None):
    """The runs of the table by name, "trained-<row>-<seed>".

    cpu: the small network with half its channels, the large one with a quarter of its own (the
    report's has 40 times the weights of the small one; these have 10 times). smoke: two tiny ones.
    """
    base = replace(
        CNN, evaluation=Evaluation(samples=1000, extractor="inception", metrics=("frechet",))
    )
    base = cnn_budget(base, budget, directory)
    found = {}
    for seed in seeds_at(budget, seeds):
        rows = {
            name: replace(base, network=_network(base, budget, channels))
            for name, channels in CHANNELS.items()
        }
        found |= rows_of(NAME, "trained", rows, seed)
    return found


def _network(base, budget, channels):
    """The network of a row at a budget."""
    if budget == "smoke":
        return replace(base.network, channels=(4, 4) if len(channels) == 4 else (8, 16, 8))
    parts = {"full": (1, 1), "cpu": (2, 4)}[budget]
    part = parts[len(channels) > 4]
    return PlainCNN(channels=tuple(width // part for width in channels))


def claims(results):
    """The claim that more channels lower the distance, with its verdict; and its cause, ours."""
    distances, losses = scored(results, "frechet"), at_epoch(results, "val_loss")
    return {
        "the large network has the lower Frechet distance": verdict(
            [greater(distances.get("small"), distances.get("large"))]
        ),
        "ours: it has the lower validation loss too": verdict(
            [greater(losses.get("small"), losses.get("large"))]
        ),
    }


def report(results):
    """The tables and the verdicts, Markdown."""
    distances = scored(results, "frechet")
    losses = [at_epoch(results, name) for name in ("loss", "val_loss")]
    lines = [
        f"Mean over seeds +- standard error (number of seeds). {DRAWN_CLIPPED}",
        "",
        *beside_paper(
            [
                (f"{name}, channels {', '.join(map(str, CHANNELS[name]))} in the paper", value)
                + (distances.get(name), 2, not_fid(results, 1000) or CLIPPED)
                for name, value in PAPER.items()
            ],
            "Frechet distance",
        ),
        "",
        *scores_lines(results, ("frechet",)),
        "",
        *table(
            ["network", "our channels", "training loss, last epoch", "validation loss"],
            [
                [row, _channels(results, row), *(number(found.get(row), 4) for found in losses)]
                for row in losses[1]
            ],
        ),
        "",
        *verdicts_table(claims(results)),
    ]
    return "\n".join(lines)


def _channels(results, row):
    """The channels that a row really had."""
    for key, result in results.items():
        if key.startswith(f"trained-{row}-"):
            channels = result.get("config", {}).get("network", {}).get("channels", ())
            return ", ".join(map(str, channels))
    return None
