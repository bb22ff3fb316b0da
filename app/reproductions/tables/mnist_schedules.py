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
DRAWN = ("frechet", "precision_recall")
PIXELS = ("psnr", "ssim")
WHOLE = "linear, the report's run (n = 1,000)"
# Geometric betas that end higher leave as little of the signal as the linear ones, 0.6 %.
SCALED, SCALED_BETA = "geometric, to 0.066", 0.066
SHOWN = (7, 50)  # epochs of the report's pictures of low and of high quality, 6 and 49 from 0
STARTS = (("geometric", "mean"), ("geometric", "data"), ("linear", "data"))


def children(budget, seeds, directory=None):
    """The runs of the table by name, "<group>-<row>-<seed>", a seed after the other.

    Trained: the three schedules, and geometric betas that end in noise, drawn as the report must
    have done, whose negative PSNR of early epochs takes images that leave the range of pixels:
    estimates of the clean image are not clipped. Clipped: samples of the trained ones with
    clipping. Start: samples from a start that matches the end of the chain, where the geometric
    schedule leaves 15 % of the signal; the linear one, which leaves 0.6 %, is the control. At the
    budget cpu the report's own run, the linear one at its full length, comes last, once, judged at
    the end only.
    """
    base = replace(
        CNN,
        watching=Watching(
            sample_every=1, samples=36, score_every=1, score_samples=100, score_metrics=PIXELS
        ),
        evaluation=Evaluation(samples=1000, extractor="inception", metrics=(*DRAWN, *PIXELS)),
    )
    whole, base = (_unclipped(cnn_budget(base, each, directory)) for each in ("full", budget))
    found = {}
    for seed in seeds_at(budget, seeds):
        rows = {
            name: replace(base, diffusion=replace(base.diffusion, schedule=name)) for name in PAPER
        }
        scaled = replace(rows["geometric"].diffusion, last_beta=SCALED_BETA)
        rows[SCALED] = replace(base, diffusion=scaled)
        if budget == "full":
            longer = replace(base.training, epochs=100)
            rows["linear, 100 epochs"] = replace(base, training=longer)
        trained = rows_of(NAME, "trained", rows, seed)
        found |= trained
        for name in (*PAPER, SCALED):
            found |= _clipped(trained, name, seed)
        for name, start in STARTS:
            key = f"start-{name} from {start}-{seed}"
            found |= again(NAME, key, trained, name, start=start, metrics=DRAWN)
    if budget == "cpu":
        judged = replace(whole.evaluation, extractor="auto")
        rarely = Watching(sample_every=SHOWN[0], samples=36)
        rows = {WHOLE: replace(whole, evaluation=judged, watching=rarely)}
        trained = rows_of(NAME, "trained", rows, 0)
        found |= trained | _clipped(trained, WHOLE, 0)
    return found


def _unclipped(recipe):
    return replace(recipe, sampling=replace(recipe.sampling, clip=False))


def _clipped(trained, row, seed):
    """The child that draws from a trained row with clipping."""
    sampling = replace(trained[f"trained-{row}-{seed}"].sampling, clip=True)
    key = f"clipped-{row}, clipped-{seed}"
    return again(NAME, key, trained, row, sampling=sampling, metrics=(*DRAWN, *PIXELS))


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
        f"ours: geometric betas that end in noise ({SCALED}) have a lower distance": verdict(
            [greater(distances.get("geometric"), distances.get(SCALED))]
        ),
    }


def schedules():
    """{row: schedule} of the table."""
    found = {name: SCHEDULES[name](steps=1000) for name in PAPER}
    return found | {SCALED: SCHEDULES["geometric"](steps=1000, last=SCALED_BETA)}


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
        "## The same weights, estimates of the clean image clipped",
        "",
        *scores_lines(results, ("frechet", "precision", "recall"), "clipped"),
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
    facts, rows = facts_of(results), []
    for group in ("trained", "clipped"):
        found = [scored(results, name, group) for name in ("psnr", "psnr_unclipped", "ssim")]
        early = at_epoch(results, "psnr_unclipped", 0, group)
        for row in found[0]:
            rows.append([row, *(number(mean.get(row), 3) for mean in (*found, early))])
    real = [facts.get(name, {}).get("floor") for name in PIXELS]
    real = [None if value is None else f"{value:.3f}" for value in real]
    rows.append(["real images", real[0], None, real[1], None])
    for words, name in (("all black", "black"), ("mean image", "mean_image")):
        trivial = [scored(results, f"{metric}_{name}").get("linear") for metric in PIXELS]
        light, structure = (number(mean, 3) for mean in trivial)
        rows.append([words, light, None, structure, None])
    return [
        "Of each image against 100 training images, MAX 255. PSNR and SSIM are of images clipped "
        "to the range of pixels, as they are shown; unclipped PSNR is of the first 100 as the "
        "sampler leaves them, where its estimates of the clean image were not clipped either.",
        "",
        *table(["row", "PSNR, dB", "unclipped", "SSIM", "unclipped PSNR, epoch 1"], rows),
    ]
