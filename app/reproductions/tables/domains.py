"""The adaptation report: GradReverse at three stages (C1 to C5), and what came after it."""

import re
from dataclasses import replace

from app.config import Alignment, ConvBackbone, Movement, ResNet50
from app.metrics.selection import RULES, selection
from app.recipes.adaptation import EMBEDDED, SMALL, USPS, swapped
from app.reproductions.markdown import table, verdicts_table
from app.reproductions.verdicts import greater, seeds_together, verdict

NAME = "domains"
TITLE = "Digits of another domain"
# Accuracy on source and target, from USPS to MNIST, by the report.
PAPER = {
    "source only": (0.9520, 0.5357),
    "stage 1": (0.9962, 0.7333),
    "stage 2": (0.7642, 0.3539),
    "stage 3": (0.9836, 0.5576),
}
PAPER_PAIR, GOAL = "usps to mnist", 0.9
DEEP = ", ResNet50"  # ends the name of a row with the report's network beside rows without it
# The report's rows: strength 0.001, no ramp, both domains through batch normalisation together.
STAGES = {"source only": Alignment(stages=())} | {
    f"stage {stage}": Alignment(stages=(stage,), strength=0.001, ramp=False) for stage in (1, 2, 3)
}
# Beyond it, each term with weight 1, the adversaries with DANN's ramp. Training images are moved
# and each domain has its own normalisation, as French et al. 2018 (arXiv:1706.05208) have it for
# these pairs; the first row is the control that shows what the movement alone does.
MOVED = "source only, moved"
BEYOND = {
    MOVED: Alignment(stages=()),
    "CDAN+E": Alignment(conditional=True, entropy_weighted=True, separate=True),
    "MMD": Alignment(stages=(), mmd=1.0, separate=True),
    "MCC": Alignment(stages=(), confusion=1.0, separate=True),
    "DANN": Alignment(separate=True),
    "CORAL": Alignment(stages=(), coral=1.0, separate=True),
    "AdaBN": Alignment(stages=(), adapt_statistics=True),
}


def children(budget, seeds, directory=None):
    """The runs of the table by name, "<pair>-<row>-<seed>", the most important first.

    smoke: the embedded digits, one seed: the report's rows both ways, the others one way. cpu: USPS
    and MNIST with a small network, 1,000 steps: the report's rows both ways and the others from
    USPS to MNIST with every seed, the others back with one, and the report's rows from USPS to
    MNIST with ResNet-50, 400 steps, one seed. full: ResNet-50, every seed.
    """
    forth, back = _pairs(budget, directory)
    moved = replace(forth, movement=Movement(spread=0.1, shift=2.0 * forth.size / 32))
    seeds = 1 if budget == "smoke" else seeds
    found = _grid([forth], STAGES, seeds) | _grid([moved], BEYOND, seeds)
    found |= _grid([back], STAGES, seeds)
    if budget == "smoke":
        return found
    moved_back = replace(back, movement=moved.movement)
    found |= _grid([moved_back], BEYOND, seeds if budget == "full" else 1)
    if budget == "cpu":
        short = replace(forth.training, epochs=4)
        deep = replace(forth, network=ResNet50(), training=short, epoch_steps=100)
        found |= _grid([deep], {row + DEEP: alignment for row, alignment in STAGES.items()}, 1)
    return found


def _pairs(budget, directory):
    """The recipe of a pair of domains and that of the way back, without its alignment."""
    if budget == "smoke":
        base = replace(
            EMBEDDED,
            size=16,
            network=ConvBackbone(channels=(16, 32)),
            training=replace(EMBEDDED.training, epochs=6),
        )
        return base, swapped(base)
    base = replace(USPS, network=ResNet50()) if budget == "full" else SMALL
    base = replace(
        base,
        source=replace(base.source, directory=directory),
        target=replace(base.target, directory=directory),
        movement=Movement(),
    )
    return base, swapped(base)


def _grid(bases, rows, seeds):
    """Every row on every base with every seed."""
    return {
        f"{_pair(base)}-{row}-{seed}": replace(
            base,
            name=re.sub("[^a-z0-9]+", "-", f"{_pair(base)} {row} {seed}".lower()),
            summary=f"{row}, {_pair(base)}, seed {seed}.",
            alignment=alignment,
            training=replace(base.training, seed=seed),
        )
        for seed in range(seeds)
        for base in bases
        for row, alignment in rows.items()
    }


def _pair(recipe):
    return f"{recipe.source.name} to {recipe.target.name}"


def accuracies(results, domain="target"):
    """Mean accuracy of the last epoch by (pair, row), of results by the keys of `children`."""
    name = f"{domain}_test_accuracy"
    return seeds_together(results, lambda result: result["scores"][name])


def selected(results):
    """Mean accuracy on the target by (pair, row) and rule of selection."""
    chosen = {key: selection(result["rows"]) for key, result in results.items() if result["rows"]}
    found = {}
    for rule in ("last epoch", *RULES):
        own = {key: by_rule[rule]["target"] for key, by_rule in chosen.items() if rule in by_rule}
        for place, mean in seeds_together(own, float).items():
            found.setdefault(place, {})[rule] = mean
    return found


def claims(means):
    """The claims of the report, by pair, each with its verdict."""
    found = {}
    for pair in dict.fromkeys(pair for pair, _ in means):
        own = {row: means.get((pair, row)) for row in STAGES}
        without = own["source only"]
        found[f"{pair}: stage 1 helps"] = verdict([greater(own["stage 1"], without)])
        for stage in ("stage 2", "stage 3"):
            found[f"{pair}: {stage} does not help (below source only)"] = verdict(
                [greater(without, own[stage])]
            )
    return found


def report(results):
    """The tables and the verdicts, Markdown."""
    source, target = accuracies(results, "source"), accuracies(results)
    lines = ["Percent of test images, last epoch: mean over seeds +- standard error.", ""]
    for pair in dict.fromkeys(pair for pair, _ in target):
        lines += [f"## {pair}", *_rows(pair, source, target), ""]
    lines += ["## Had another epoch been chosen: accuracy on the target", ""]
    lines += table(
        ["pair", "row", "last epoch", *RULES],
        [
            [*place, *(by_rule.get(rule) for rule in ("last epoch", *RULES))]
            for place, by_rule in selected(results).items()
        ],
    )
    best = max(
        (
            (mean.value, row, mean.seeds)
            for (pair, row), mean in target.items()
            if pair == PAPER_PAIR
        ),
        default=None,
    )
    if best:
        word = "reached" if best[0] >= GOAL else "not reached"
        lines += [
            "",
            f"Goal, set before the runs: {GOAL:.0%} on MNIST from USPS by some row, mean of the "
            f"last epoch. {word.capitalize()}: {best[1]}, {best[0]:.2%} (seeds: {best[2]}).",
        ]
    lines += [
        "",
        "Stages: a reversed gradient of the report's strength, 0.001, without a ramp. The rows "
        f"from '{MOVED}' to AdaBN train on images moved at random, so that '{MOVED}' is what they "
        "are to be held against; all but it and AdaBN normalise each domain by itself too.",
        "",
        "The target's labels measured, and chose nothing but the column called oracle. Rows beyond "
        "the report have the terms of their papers with weight 1, DANN and CDAN+E the ramp. Rows "
        "with statistics of the target (AdaBN, separate normalisation) have them for the source's "
        "accuracy too.",
        "",
        *verdicts_table(claims(target)),
    ]
    return "\n".join(lines)


def _rows(pair, source, target):
    """The table of a pair; the report's figures and the difference where it gives them."""
    head, rows = ["row", "source", "target", "seeds"], []
    compared = pair == PAPER_PAIR
    if compared:
        head += ["paper: source", "target", "difference: source", "target"]
    for (other, row), mean in target.items():
        if other != pair:
            continue
        cells = [row, source[pair, row], mean, mean.seeds]
        if compared:
            paper = PAPER.get(row.removesuffix(DEEP), (None, None))
            ours = source[pair, row].value, mean.value
            cells += [None if value is None else f"{100 * value:.2f}" for value in paper]
            cells += [
                None if value is None else f"{100 * (own - value):+.2f}"
                for own, value in zip(ours, paper, strict=True)
            ]
        rows.append(cells)
    return ["", *table(head, rows)]
