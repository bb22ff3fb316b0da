"""The MNIST report: a plain CNN under three noise schedules (B1, B2), pixel metrics (B4)."""

from dataclasses import replace

from app.config import Evaluation, Watching
from app.diffusion.schedules import SCHEDULES
from app.recipes.mnist import CNN
from app.reproductions.budgets import cnn_budget, seeds_at
from app.reproductions.diffusion_rows import (
    again,
    at_epoch,
    beside_paper,
    facts_of,
    losses_lines,
    not_fid,
    number,
    rows_of,
    scored,
    scores_lines,
)
from app.reproductions.markdown import table, verdicts_table
from app.reproductions.verdicts import greater, verdict

NAME = "mnist-schedules"
TITLE = "Noise schedules on MNIST, a plain CNN"
PAPER = {"linear": 50.02, "geometric": 218.77, "annealed": 58.42}  # FID, n = 1,000
MEASURES = ("frechet", "precision_recall", "psnr", "ssim")
PIXELS = ("psnr", "ssim")
WHOLE = "linear, the report's run (n = 1,000)"
STARTS = (("geometric", "mean"), ("geometric", "data"), ("linear", "data"))


def children(budget, seeds, directory=None):
    """The runs of the table by name, "<group>-<row>-<seed>", a seed after the other.

    Trained: the three schedules. Start: samples of the trained ones from a start that matches the
    end of their chain, where the geometric schedule leaves 15 % of the signal; the linear one,
    which leaves 0.6 %, is the control. At the budget cpu the report's own run, the linear one at
    its full length, comes last, once, judged at the end only.
    """
    base = replace(
        CNN,
        watching=Watching(
            sample_every=1, samples=36, score_every=1, score_samples=100, score_metrics=PIXELS
        ),
        evaluation=Evaluation(samples=1000, extractor="inception", metrics=MEASURES),
    )
    whole, base = cnn_budget(base, "full", directory), cnn_budget(base, budget, directory)
    found = {}
    for seed in seeds_at(budget, seeds):
        rows = {
            name: replace(base, diffusion=replace(base.diffusion, schedule=name)) for name in PAPER
        }
        if budget == "full":
            longer = replace(base.training, epochs=100)
            rows["linear, 100 epochs"] = replace(base, training=longer)
        trained = rows_of(NAME, "trained", rows, seed)
        found |= trained
        for name, start in STARTS:
            found |= again(
                NAME,
                f"start-{name} from {start}-{seed}",
                trained,
                name,
                start=start,
                metrics=("frechet", "precision_recall"),
            )
    if budget == "cpu":
        judged = replace(whole.evaluation, extractor="auto")
        rarely = Watching(sample_every=10, samples=36)
        rows = {WHOLE: replace(whole, evaluation=judged, watching=rarely)}
        found |= rows_of(NAME, "trained", rows, 0)
    return found


def claims(results):
    """The claims, each with its verdict; the last ones are ours, on the geometric schedule."""
    losses = at_epoch(results, "val_loss")
    distances = scored(results, "frechet")
    started = scored(results, "frechet", "start")

    def rising(found):
        return verdict(
            [
                greater(found.get("annealed"), found.get("linear")),
                greater(found.get("geometric"), found.get("annealed")),
            ]
        )

    def repaired(name, start):
        return verdict([greater(distances.get(name), started.get(f"{name} from {start}"))])

    return {
        "final validation loss: linear < custom (annealed) < geometric": rising(losses),
        "Frechet distance: linear < custom (annealed) < geometric": rising(distances),
        "ours: starts from noised training images lower geometric's distance": repaired(
            "geometric", "data"
        ),
        "ours: starts from the noised mean image lower geometric's distance": repaired(
            "geometric", "mean"
        ),
        "ours, control: starts from noised training images lower linear's": repaired(
            "linear", "data"
        ),
    }


def schedules():
    """{row: schedule} of the table."""
    return {name: SCHEDULES[name](steps=1000) for name in PAPER}


def report(results):
    """The tables and the verdicts, Markdown."""
    distances = scored(results, "frechet")
    reason = not_fid(results, 1000)
    paper = [
        (f"{name}: Frechet distance", value, distances.get(name), 2, reason)
        for name, value in PAPER.items()
    ]
    if WHOLE in distances:
        own = {key: result for key, result in results.items() if WHOLE in key}
        paper.append((WHOLE, PAPER["linear"], distances[WHOLE], 2, not_fid(own, 1000)))
    ranges = [
        ("linear: PSNR, dB", "about 9", scored(results, "psnr").get("linear"), 2),
        ("linear: SSIM", "0.08 to 0.14", scored(results, "ssim").get("linear"), 3),
    ]
    paper += [(*line, "none: the paper gives a range") for line in ranges]
    lines = [
        "Mean over seeds +- standard error (number of seeds).",
        "",
        *beside_paper(paper),
        "",
        *scores_lines(results, ("frechet", "precision", "recall")),
        "",
        "## Losses of the last epoch",
        "",
        *losses_lines(results),
        "",
        "Each schedule noises in its own way, so that losses of two say which images are harder to "
        "clean, not which are drawn better.",
        "",
        "## Other starts",
        "",
        "Sampling begins at the end of the chain, from pure noise; training saw there what the "
        "schedule leaves of an image. From the mean image, or from training images (which tells "
        "the sampler what to draw: a diagnosis, no method), noised to that point:",
        "",
        *scores_lines(results, ("frechet", "precision", "recall"), "start"),
        "",
        "## Pixel metrics",
        "",
        *_pixels(results),
        "",
        *verdicts_table(claims(results)),
    ]
    return "\n".join(lines)


def _pixels(results):
    """Pixel metrics of generated images, of real ones, and of two trivial images."""
    found = [scored(results, name) for name in PIXELS]
    facts = facts_of(results)
    real = [facts.get(name, {}).get("floor") for name in PIXELS]
    rows = [[row, *(number(means.get(row), 3) for means in found)] for row in found[0]]
    rows.append(["real images", *(None if value is None else f"{value:.3f}" for value in real)])
    for words, name in (("all black", "black"), ("mean image", "mean_image")):
        trivial = [scored(results, f"{metric}_{name}").get("linear") for metric in PIXELS]
        rows.append([words, *(number(mean, 3) for mean in trivial)])
    return [
        "Of each image against 100 real ones, MAX 255, clipped to the pixel range (the paper's "
        "negative PSNR of early epochs is of images that leave it).",
        "",
        *table(["row", "PSNR, dB", "SSIM"], rows),
    ]
