"""What the tables of diffusion reports share: rows with seeds, and their numbers beside a paper's.

A child is called "<group>-<row>-<seed>": "trained-linear-0".
"""

import re
from dataclasses import replace

from app.config import from_dict
from app.reproductions.markdown import table
from app.reproductions.measured import Measured
from app.reproductions.verdicts import seeds_together

DRAWN_CLIPPED = (
    "Estimates of the clean image are clipped to the range of pixels, as the report's were not: "
    "what that changes of plain noise is in mnist-schedules."
)
CLIPPED = "none: ours clips the estimates of clean images, the paper did not"
TITLES = {
    "frechet": "Frechet distance",
    "precision": "precision",
    "recall": "recall",
    "class_accuracy": "class accuracy",
    "psnr": "PSNR, dB",
    "ssim": "SSIM",
    "cmmd": "CMMD",
    "mmd": "MMD, median width",
    "matching_accuracy": "matching accuracy",
    "intended_similarity": "similarity to the intended text",
    "top1_similarity": "similarity to the best text",
    "top1_similarity_noise": "the same of pure noise",
}


def rows_of(table_name, group, rows, seed):
    """Every row with one seed, which draws weights, batches and pictures.

    Args:
        table_name: the table; runs carry it.
        group: first word of the keys.
        rows: {row: recipe}.
        seed: int.
    """
    return {
        f"{group}-{row}-{seed}": replace(
            recipe,
            name=slug(table_name, row, seed),
            summary=f"{table_name}: {row}, seed {seed}.",
            training=replace(recipe.training, seed=seed),
            sampling=replace(recipe.sampling, seed=seed),
        )
        for row, recipe in rows.items()
    }


def again(table_name, key, trained, row, **fields):
    """A `Measured` of a trained row with the seed of its key, by that key.

    Args:
        table_name: the table; runs carry it.
        key: "<group>-<row>-<seed>" of the new child.
        trained: {"trained-<row>-<seed>": recipe}.
        row: whose weights draw.
        **fields: what is done otherwise; images, extractor and metrics are those of the recipe.
    """
    _, name, seed = key.rsplit("-", 2)
    of = f"trained-{row}-{seed}"
    asked = trained[of].evaluation
    judged = {"samples": asked.samples, "extractor": asked.extractor, "metrics": asked.metrics}
    child = Measured(
        name=slug(table_name, name, seed), of=of, base=trained[of], **{**judged, **fields}
    )
    return {key: child}


def slug(*words):
    """A name for a run of any words."""
    return re.sub("[^a-z0-9]+", "-", " ".join(map(str, words)).lower()).strip("-")


def scored(results, name, group="trained"):
    """The Mean over seeds of a score by row; rows without that score are left out."""
    own = {
        key: result
        for key, result in results.items()
        if key.startswith(f"{group}-") and name in result["scores"]
    }
    means = seeds_together(own, lambda result: result["scores"][name])
    return {row: mean for (_, row), mean in means.items()}


def at_epoch(results, metric, epoch=-1, group="trained"):
    """The Mean over seeds of a metric at an epoch (0: the first, -1: the last) by row."""
    found = {}
    for key, result in results.items():
        values = [row[metric] for row in result["rows"] if metric in row]
        if key.startswith(f"{group}-") and -len(values) <= epoch < len(values):
            found[key] = values[epoch]
    return {row: mean for (_, row), mean in seeds_together(found, float).items()}


def number(mean, digits=2):
    """A Mean in its own unit, with its standard error and number of seeds."""
    if mean is None:
        return None
    error = "" if mean.error is None else f" +- {mean.error:.{digits}f}"
    return f"{mean.value:.{digits}f}{error} ({mean.seeds})"


def scores_lines(results, names, group="trained", digits=2, asked=False):
    """A table of scores by row, with the same scores of real images in the last line.

    Numbers in brackets are of seeds. With `asked` a column tells how often an image asks the
    network.
    """
    means = {name: scored(results, name, group) for name in names}
    rows = list(dict.fromkeys(row for found in means.values() for row in found))
    if not rows:
        return ["Not run yet."]
    floors = {name: facts.get("floor") for name, facts in facts_of(results, group).items()}
    real = [None if floors.get(n) is None else f"{floors[n]:.{digits}f}" for n in names]
    counts = evaluations(results, group) if asked else {}
    return table(
        ["row", *["evaluations an image"] * asked, *(TITLES.get(name, name) for name in names)],
        [
            *(
                [row, *[counts.get(row)] * asked]
                + [number(means[name].get(row), digits) for name in names]
                for row in rows
            ),
            ["real images", *[None] * asked, *real],
        ],
    )


def evaluations(results, group="trained"):
    """How often an image asks the network by row."""
    found = {}
    for key, result in results.items():
        one, row, _ = key.rsplit("-", 2)
        if one == group and "config" in result:
            config = result["config"]
            recipe = {**config.get("base", config), "sampling": config["sampling"]}
            found[row] = from_dict(recipe).sampling.evaluations
    return found


def losses_lines(results, group="trained"):
    """A table of the losses of the last epoch by row."""
    losses = [at_epoch(results, name, group=group) for name in ("loss", "val_loss")]
    return table(
        ["row", "training loss, last epoch", "validation loss"],
        [[row, *(number(found.get(row), 4) for found in losses)] for row in losses[1]],
    )


def facts_of(results, group="trained"):
    """What the scores of a group say of themselves: {score: {samples, floor, extractor}}."""
    found = {}
    for key, result in results.items():
        if key.startswith(f"{group}-"):
            found = {**result.get("measured", {}), **found}
    return found


def judged_by(results, name="frechet", group="trained"):
    """In words: who judged a score, of how many images."""
    facts = facts_of(results, group).get(name)
    if facts is None:
        return "not measured yet"
    return f"{facts['extractor']}, n = {facts['samples']:,}"


def beside_paper(lines, what="what"):
    """A table paper | ours | difference.

    Args:
        lines: (words, the paper's number or text, our Mean or None, digits, reason): the reason
            says why no difference can be taken; "" where the measure is the same.
        what: head of the first column.
    """
    rows = []
    for words, paper, ours, digits, reason in lines:
        difference = reason
        if not reason and ours is not None:
            difference = f"{ours.value - paper:+.{digits}f}"
        rows.append([words, paper, number(ours, digits), difference])
    return table([what, "paper", "ours", "difference"], rows)


def as_reported(results):
    """In words: of how many images the normalised distances of epochs are, which reports have."""
    found = watched(results)
    if found is None:
        return "Normalised distance"
    samples, real = found["score_samples"], found["score_real"]
    return f"Normalised distance, {samples} samples against {real} test images"


def watched(results):
    """How the trained runs were watched, a dict as their configs have it; None before the first."""
    configs = (result.get("config", {}).get("watching") for result in results.values())
    return next(filter(None, configs), None)


def not_fid(results, samples, name="frechet", group="trained"):
    """Why a Frechet distance is not the paper's FID: a reason, or "" where it is.

    The reports take as many real images as generated ones, which makes the distance larger.
    """
    facts = facts_of(results, group).get(name, {})
    real = facts.get("reference_samples")
    if facts.get("extractor") == "inception" and facts.get("samples") == real == samples:
        return ""
    against = "" if real is None else f" against {real:,} real ones"
    ours = f"{judged_by(results, name, group)}{against}"
    return f"none: the paper's is FID, Inception, {samples:,} against {samples:,}; ours {ours}"
