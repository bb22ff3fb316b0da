"""Faces by a DDPM (B15): CelebA and Bitmoji, and chains of 10, 100 and 1,000 steps."""

from dataclasses import replace
from pathlib import Path

from app.config import Data, Evaluation, Sampling, Watching
from app.diffusion.schedules import SCHEDULES
from app.recipes.attributes import FACES
from app.reproductions.budgets import seeds_at, small_unet, unet_budget
from app.reproductions.diffusion_rows import (
    again,
    beside_paper,
    judged_by,
    losses_lines,
    not_fid,
    rows_of,
    scored,
    scores_lines,
)
from app.reproductions.markdown import table, verdicts_table
from app.reproductions.verdicts import greater, verdict

NAME = "faces"
TITLE = "Faces by a DDPM, chains of 10, 100 and 1,000 steps"
MEASURES = ("frechet", "precision", "recall")
PAPER = {"CelebA": 50.84, "Bitmoji": 58.34}  # FID, n = 1,000, T=1000
PAPER_GAN = 155.14  # of Bitmoji
# Of the rows: length of the chain, and what is changed of the unscaled linear betas.
CHAINS = {
    "T=10": {"steps": 10},
    "T=100": {"steps": 100},
    "T=1000": {"steps": 1000},
    "T=10, cosine": {"steps": 10, "schedule": "cosine"},
    "T=100, scaled": {"steps": 100, "scale_to_steps": True},
}
SHORT = ("T=10", "T=100")
SECOND = {"full": "celeb_a", "cpu": "fashion_mnist"}  # beside Bitmoji or what stands in for it


def children(budget, seeds, directory=None):
    """The runs of the table by name, "trained-<row>-<seed>", and "start-<row> from data-<seed>".

    Trained: the betas as they are, 1e-4 to 0.02, over 10, 100 and 1,000 steps; and, ours, two
    short chains that end in noise. Start: the short chains' weights, started from what the chain
    leaves of training images, which is what the network was trained on there.

    full: the recipe `celeba`, 64x64, 10 epochs; Bitmoji is the folder of images `bitmoji` in the
    working directory, and where there is none its rows are left out; CelebA comes from the
    directory of data sets, at T=1000; FID by epoch, n = 1,000. cpu: 25,000 digits of MNIST stand in
    for Bitmoji, Fashion-MNIST for CelebA (one seed), a small U-Net, 3 epochs, DDIM with at most 50
    steps, n = 2,000. smoke: embedded digits.
    """
    base = _budget(budget, directory)
    rows = {
        row: replace(
            base,
            diffusion=replace(base.diffusion, **chain),
            sampling=replace(base.sampling, steps=min(base.sampling.steps, chain["steps"])),
        )
        for row, chain in CHAINS.items()
    }
    found = {}
    if budget in SECOND:
        data = replace(base.data, name=SECOND[budget])
        for seed in range(seeds if budget == "full" else 1):
            row = {f"{data.name} T=1000": replace(rows["T=1000"], data=data)}
            found |= rows_of(NAME, "other", row, seed)
    if budget == "full" and not Path(base.data.name).is_dir():
        return found
    for seed in seeds_at(budget, seeds):
        trained = rows_of(NAME, "trained", rows, seed)
        found |= trained
        for row in SHORT:
            found |= again(NAME, f"start-{row} from data-{seed}", trained, row, start="data")
    return found


def _budget(budget, directory):
    """The recipe of all rows at a budget, with a chain of 1,000 steps."""
    base = replace(
        FACES,
        data=Data(name="bitmoji", size=64, directory=directory),
        watching=Watching(sample_every=1, samples=36, score_every=1, score_samples=1000),
        evaluation=Evaluation(
            samples=1000, extractor="inception", metrics=("frechet", "precision_recall")
        ),
    )
    if budget == "full":
        return base
    base = replace(base, watching=replace(base.watching, score_samples=100))
    if budget == "cpu":
        base = replace(small_unet(base, directory, epochs=3), sampling=Sampling(steps=50))
        return replace(base, data=replace(base.data, training_images=30_000))
    return unet_budget(base, budget)


def claims(results):
    """The claims, each with its verdict; the last ones are ours, on the cause."""
    distances = scored(results, "frechet")
    started = scored(results, "frechet", "start")

    def above(row, other):
        return verdict([greater(distances.get(row), other)])

    found = {
        f"{row} does not learn: a higher Frechet distance than T=1000": above(
            row, distances.get("T=1000")
        )
        for row in SHORT
    }
    for row, repaired in (("T=10", "T=10, cosine"), ("T=100", "T=100, scaled")):
        found[f"ours: with a chain of as many steps that ends in noise ({repaired}) it learns"] = (
            above(row, distances.get(repaired))
        )
    for row in SHORT:
        found[f"ours: started from noised training images, the network of {row} draws better"] = (
            above(row, started.get(f"{row} from data"))
        )
    return found


def data_of(results):
    """The name of the images of the rows with T, in words where none was run."""
    ran = (result.get("config", {}) for key, result in results.items() if "-T=" in key)
    return next((config["data"]["name"] for config in ran if "data" in config), "another set")


def schedules():
    """{row: schedule} of the chains."""
    found = {}
    for row, chain in CHAINS.items():
        fields = {"scaled": True} if chain.get("scale_to_steps") else {}
        found[row] = SCHEDULES[chain.get("schedule", "linear")](steps=chain["steps"], **fields)
    return found


def report(results):
    """The tables and the verdicts, Markdown."""
    distances = scored(results, "frechet")
    data = data_of(results)
    second = scored(results, "frechet", "other")
    other = next(iter(second), "another set").removesuffix(" T=1000")
    lines = [
        "Mean over seeds +- standard error (number of seeds).",
        "",
        *beside_paper(
            [
                ("CelebA, T=1000", PAPER["CelebA"], next(iter(second.values()), None), 2)
                + (_reason(results, other, "celeb_a", "other"),),
                ("Bitmoji, T=1000", PAPER["Bitmoji"], distances.get("T=1000"), 2)
                + (_reason(results, data, "bitmoji", "trained"),),
                ("Bitmoji, a GAN", PAPER_GAN, None, 2, "none: no GAN here"),
            ],
            "Frechet distance",
        ),
        "",
        f"## By length of the chain, {data}, {judged_by(results)}",
        "",
        *table(
            ["row", "signal left at the end"],
            [
                [row, f"{100 * schedule.signal_rates[-1]:.1f} %"]
                for row, schedule in schedules().items()
            ],
        ),
        "",
        "The betas are those of 1,000 steps. Over 10 or 100 steps they leave much of the image, so "
        "that the network was never asked to clean pure noise, which is what sampling hands it.",
        "",
        *scores_lines(results, MEASURES),
        "",
        "Started from training images, noised as the chain ends, the networks of short chains get "
        "what they were trained on: a diagnosis and no method, and at T=10 hardly more than "
        "handing out training images.",
        "",
        *scores_lines(results, MEASURES, "start"),
        "",
        "## Losses of the last epoch",
        "",
        *losses_lines(results),
        "",
        "Losses of chains that end elsewhere do not compare: little noise is harder to tell from "
        "an image than much.",
        "",
        *_other(results, other),
        *verdicts_table(claims(results)),
    ]
    return "\n".join(lines)


def _other(results, name):
    """The scores on the second set of images, none where it was not run."""
    if not scored(results, "frechet", "other"):
        return []
    heading = f"## {name}, T=1000, {judged_by(results, group='other')}"
    return [heading, "", *scores_lines(results, MEASURES, "other"), ""]


def _reason(results, data, meant, group):
    """Why a Frechet distance is not the paper's, or ""."""
    if data == meant:
        return not_fid(results, 1000, group=group)
    judge = judged_by(results, group=group)
    return f"none: the paper's is FID of faces; here {data} stands in, {judge}"
