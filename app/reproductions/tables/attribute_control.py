"""Images by attributes: told to the network (B17), or asked for by a classifier (B18)."""

from dataclasses import replace

from app.config import NoisyEncoder
from app.recipes.attributes import CELEBA, MNIST
from app.recipes.noisy_classifier import ATTRIBUTES, FACES
from app.reproductions.budgets import TINY_UNET, seeds_at
from app.reproductions.diffusion_rows import number, rows_of, scored, slug
from app.reproductions.markdown import BY_INTERVALS, table, verdicts_table
from app.reproductions.measured import Measured
from app.reproductions.verdicts import above, verdict

NAME = "attribute-control"
TITLE = "Images by their attributes"
NETWORK, CLASSIFIER = "told to the network", "asked by a classifier"
SCALE = 3.0  # of the classifier's gradient
PREFIX, UNASKED = "attribute_", "_unasked"
# What cannot be there alone, since all other attributes are then said to be absent, and with whom.
ALONE = {"two_holes": "has_hole_with_two_holes"}


def children(budget, seeds, directory=None):
    """The runs by name: "trained-<NETWORK>-<seed>", "judge-classifier-<seed>", "guided-...-<seed>".

    Trained: a denoiser that is told ten attributes. Judge: a classifier of noisy images. Guided:
    the same denoiser, told nothing, steered by the classifier. Of each attribute alone, and of two
    pairs, as many images are drawn with asking and without, from the same noise.

    cpu: `mnist-attributes` and its classifier, 100 images a row. smoke: tiny networks, 10 images a
    row. full: faces of CelebA, 64x64, 10 images a row, to be looked at: nothing here measures what
    a face shows.
    """
    base, judge = _budget(budget, directory)
    rows = len(base.data.attribute_names or range(10)) + len(base.evaluation.attribute_rows)
    found = {}
    for seed in seeds_at(budget, seeds):
        trained = rows_of(NAME, "trained", {NETWORK: base}, seed)
        found |= trained
        found[f"judge-classifier-{seed}"] = replace(
            judge,
            name=slug(NAME, "judge", seed),
            summary=f"{NAME}: the classifier, seed {seed}.",
            training=replace(judge.training, seed=seed),
        )
        of = f"trained-{NETWORK}-{seed}"
        found[f"guided-{CLASSIFIER}-{seed}"] = Measured(
            name=slug(NAME, "guided", seed),
            of=of,
            base=trained[of],
            samples=rows * base.evaluation.attribute_samples,
            classifier=f"judge-classifier-{seed}",
            classifier_scale=SCALE,
        )
    return found


def _budget(budget, directory):
    """The recipes of denoiser and classifier at a budget."""
    if budget == "cpu":
        return MNIST, ATTRIBUTES
    if budget == "full":
        faces = (
            replace(recipe, data=replace(recipe.data, directory=directory))
            for recipe in (CELEBA, FACES)
        )
        return tuple(faces)
    small = replace(
        MNIST,
        network=TINY_UNET,
        training=replace(MNIST.training, epochs=2),
        sampling=replace(MNIST.sampling, steps=8),
        watching=replace(MNIST.watching, samples=20),
        evaluation=replace(MNIST.evaluation, samples=64, attribute_samples=10),
    )
    judge = replace(
        ATTRIBUTES,
        network=NoisyEncoder(width=8, multipliers=(1, 2), patch_size=4),
        training=replace(ATTRIBUTES.training, epochs=2),
    )
    return small, judge


def combinations(results):
    """What was asked for in the rows, "thick" or "has_hole_with_two_holes", in order."""
    names = (name for result in results.values() for name in result["scores"])
    asked = (name.removeprefix(PREFIX) for name in names if name.endswith(UNASKED))
    return list(dict.fromkeys(name.removesuffix(UNASKED) for name in asked))


def claims(results):
    """The claims, told apart by 95 % intervals in each seed."""
    found, single = {}, [name for name in combinations(results) if "_with_" not in name]
    for group, words in (("trained", NETWORK), ("guided", CLASSIFIER)):
        own = [result for key, result in results.items() if key.startswith(f"{group}-")]
        free = [name for name in single if name not in ALONE]
        found[f"{words}: each attribute is shown by more images than unasked"] = verdict(
            [
                above(result, f"{PREFIX}{name}", f"{PREFIX}{name}{UNASKED}")
                for result in own
                for name in free
            ]
        )
        for name, together in ALONE.items():
            found[
                f"{words}: {name} alone, all others absent, is shown by fewer than "
                f"{together.replace('_', ' ')} (as Bald without Male)"
            ] = verdict([above(result, f"{PREFIX}{together}", f"{PREFIX}{name}") for result in own])
    return found


def report(results):
    """The table and the verdicts, Markdown."""
    asked = {group: _means(results, group) for group in ("trained", "guided")}
    rows = [
        [name.replace("_with_", " with ")]
        + [
            number(asked[group].get(f"{name}{ending}"), 2)
            for group in asked
            for ending in ("", UNASKED)
        ]
        for name in combinations(results)
    ]
    lines = [
        "Share of the images that have what was asked for, all other attributes absent, and of "
        "those from the same noise with nothing said; mean over seeds +- standard error (number "
        f"of seeds). The classifier's gradient has the scale {SCALE:g}.",
        "",
    ]
    if rows:
        head = [f"{words}: {part}" for words in (NETWORK, CLASSIFIER) for part in ("asked", "not")]
        lines += table(["attribute", *head], rows)
    else:
        lines += ["Not measured: nothing here tells these attributes. Look at the pictures."]
    lines += [
        "",
        "The report's claim is of faces: bald and moustached ones fail, since Male is then said to "
        "be absent. Of digits, two holes without a hole cannot be either.",
        "",
        *verdicts_table(claims(results), BY_INTERVALS),
    ]
    return "\n".join(lines)


def _means(results, group):
    """The Mean over seeds of each share of a group, by what was asked for."""
    names = [f"{name}{ending}" for name in combinations(results) for ending in ("", UNASKED)]
    means = {name: scored(results, f"{PREFIX}{name}", group) for name in names}
    return {name: next(iter(found.values()), None) for name, found in means.items()}
