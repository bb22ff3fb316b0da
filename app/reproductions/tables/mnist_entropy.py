"""The MNIST report's noise scaled by entropy, "DES" (B5), against noise of a constant scale."""

from dataclasses import replace

from app.config import Evaluation
from app.recipes.mnist import CNN
from app.reproductions.budgets import cnn_budget, seeds_at
from app.reproductions.diffusion_rows import (
    CLIPPED,
    DRAWN_CLIPPED,
    again,
    beside_paper,
    losses_lines,
    not_fid,
    rows_of,
    scored,
    scores_lines,
)
from app.reproductions.markdown import verdicts_table
from app.reproductions.verdicts import greater, verdict

NAME = "mnist-entropy"
TITLE = "Noise scaled by entropy on MNIST"
MEASURES = ("frechet", "precision", "recall")
PLAIN, DES = 50.02, 47.80  # FID, n = 1,000
# Each entropy is followed by its control, the scale that it has on average in MNIST: 4,000 images
# have 0.826 with a spread of 0.058, 100 batches of 128 have 0.876 with a spread of 0.003.
SCALES = {
    "batch entropy": {"noise_scale": "batch"},
    "constant 0.878": {"noise_scale": "constant"},
    "image entropy": {"noise_scale": "image"},
    "constant 0.826": {"noise_scale": "constant", "constant_scale": 0.826},
}
CONTROLS = {"batch entropy": "constant 0.878", "image entropy": "constant 0.826"}


def children(budget, seeds, directory=None):
    """The runs of the table by name, "trained-<row>-<seed>", then "unit-<row>-<seed>".

    Trained: the report's CNN with plain noise, with noise scaled by the entropy of the batch or of
    each image, and with constants of the same size, the controls; sampling starts from noise of
    the scale of training. Unit: the weights of an entropy, started from N(0, I). The budgets are
    those of `cnn_budget`, cpu with 40,000 images.
    """
    judged = Evaluation(
        samples=1000, extractor="inception", metrics=("frechet", "precision_recall")
    )
    base = cnn_budget(replace(CNN, evaluation=judged), budget, directory, images=40_000)
    rows = {"plain": base} | {
        name: replace(base, diffusion=replace(base.diffusion, noise="entropy", **scale))
        for name, scale in SCALES.items()
    }
    found = {}
    for seed in seeds_at(budget, seeds):
        trained = rows_of(NAME, "trained", rows, seed)
        found |= trained
        for name in CONTROLS:
            found |= again(NAME, f"unit-{name} from N(0, I)-{seed}", trained, name, start="unit")
    return found


def claims(results):
    """The report's claim from either start, each with its verdict, and ours, on its cause."""
    matching, unit = scored(results, "frechet"), scored(results, "frechet", "unit")
    distances = matching | unit

    def lower(one, other):
        return verdict([greater(distances.get(other), distances.get(one))])

    found = {
        "noise scaled by batch entropy lowers the Frechet distance": lower(
            "batch entropy", "plain"
        ),
        "the same, started from N(0, I)": lower("batch entropy from N(0, I)", "plain"),
        "ours: noise scaled by image entropy lowers it too": lower("image entropy", "plain"),
    }
    for row, control in CONTROLS.items():
        found[f"ours, control: {control} alone lowers it"] = lower(control, "plain")
        found[f"ours: {row} is below its control, {control}: entropy counts, not mere scale"] = (
            lower(row, control)
        )
    found["ours: batch entropy draws better from the scale of training than from N(0, I)"] = lower(
        "batch entropy", "batch entropy from N(0, I)"
    )
    return found


def report(results):
    """The tables and the verdicts, Markdown."""
    distances, unit = scored(results, "frechet"), scored(results, "frechet", "unit")
    reason = not_fid(results, 1000) or CLIPPED
    lines = [
        f"Mean over seeds +- standard error (number of seeds). {DRAWN_CLIPPED}",
        "",
        *beside_paper(
            [
                ("plain noise", PLAIN, distances.get("plain"), 2, reason),
                ("batch entropy", DES, distances.get("batch entropy"), 2, reason),
                ("batch entropy, started from N(0, I)", DES)
                + (unit.get("batch entropy from N(0, I)"), 2, reason),
            ],
            "Frechet distance",
        ),
        "",
        "## Started from noise of the scale of training",
        "",
        "Entropy multiplies the noise by 1 / (1 + exp(-H)), H in bits. Batches of MNIST all have "
        "nearly the same, so a constant of that size is the control of the batch, and the mean "
        "over images that of the image.",
        "",
        *scores_lines(results, MEASURES),
        "",
        "## The same weights, started from N(0, I)",
        "",
        *scores_lines(results, MEASURES, "unit"),
        "",
        "## Losses of the last epoch",
        "",
        *losses_lines(results),
        "",
        "The network predicts the scaled noise: a scale of 0.878 alone makes the loss 0.77 times "
        "as large, so that losses of two rows do not compare.",
        "",
        *verdicts_table(claims(results)),
    ]
    return "\n".join(lines)
