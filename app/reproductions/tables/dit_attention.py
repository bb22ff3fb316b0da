"""A DiT on CIFAR-10 by attention kernel (B12): standard against memory-efficient."""

from dataclasses import replace

from app.config import Data, DiT, Evaluation, Sampling
from app.recipes.transformer import CIFAR10
from app.reproductions.budgets import seeds_at
from app.reproductions.diffusion_rows import (
    again,
    judged_by,
    losses_lines,
    rows_of,
    scored,
    scores_lines,
    slug,
)
from app.reproductions.markdown import table, verdicts_table
from app.reproductions.measured import Measured
from app.reproductions.verdicts import no_less, verdict

NAME = "dit-attention"
TITLE = "A diffusion transformer by attention kernel"
KERNELS = ("standard", "memory_efficient")
EQUAL = 1e-3  # relative difference up to which two Frechet distances of the same weights are equal
MEASURES = ("frechet", "precision", "recall", "class_accuracy")


def children(budget, seeds, directory=None):
    """The runs of the table by name: "trained-", "other-", "cost-" and "tiles-<kernel>-<seed>".

    Trained: the same recipe and seed with each kernel. Other: the weights that the standard kernel
    trained, drawn from by the memory-efficient one. Cost: seed 0, with 1,024 tokens an image, where
    kernels differ; of it time and memory are measured. Tiles: its standard weights, drawn from by
    either kernel, of which the memory-efficient one works in several tiles there.

    full: DiT-S/2 as in the recipe, FID, n = 5,000; cost with patches of 1. cpu: 64 tokens, 5,000
    images, 12 epochs, 50 DDIM steps, n = 2,000; cost: two blocks, 512 images. smoke: embedded
    digits, 2 epochs; cost: 784 tokens (28x28), 128 images.
    """
    base = _budget(budget, directory)
    found = {}
    for seed in seeds_at(budget, seeds):
        trained = rows_of(NAME, "trained", _by_kernel(base), seed)
        found |= trained | again(
            NAME,
            f"other-{KERNELS[0]} weights, {KERNELS[1]}-{seed}",
            trained,
            KERNELS[0],
            kernel=KERNELS[1],
        )
    cost = _cost(base, budget)
    costly = rows_of(f"{NAME}-cost", "cost", _by_kernel(cost), 0)
    found |= costly
    of = f"cost-{KERNELS[0]}-0"
    for kernel in KERNELS:
        found[f"tiles-{kernel}-0"] = Measured(
            name=slug(NAME, "tiles", kernel),
            of=of,
            base=costly[of],
            sampling=Sampling(steps=8),
            samples=64,
            kernel=kernel,
            metrics=("frechet",),
        )
    return found


def _by_kernel(recipe):
    """{kernel: recipe}."""
    return {k: replace(recipe, network=replace(recipe.network, kernel=k)) for k in KERNELS}


def _budget(budget, directory):
    """The recipe of the table at a budget."""
    metrics = ("frechet", "precision_recall", "class_accuracy")
    data = replace(CIFAR10.data, directory=directory)
    if budget == "full":
        judged = Evaluation(samples=5000, extractor="inception", metrics=metrics[:2])
        return replace(CIFAR10, data=data, evaluation=judged)
    small = replace(
        CIFAR10,
        data=replace(data, training_images=5000),
        network=DiT(patch_size=4, width=128, depth=4, heads=4),
        optimizer=replace(CIFAR10.optimizer, learning_rate=1e-3),
        training=replace(CIFAR10.training, epochs=12, batch_size=64, ema_decay=0.995),
        sampling=Sampling(steps=50),
        evaluation=Evaluation(samples=2000, metrics=metrics),
    )
    if budget == "cpu":
        return small
    return replace(
        small,
        data=Data(name="mnist-5k"),
        network=DiT(patch_size=7, width=32, depth=1, heads=2),
        training=replace(small.training, epochs=2),
        sampling=Sampling(steps=8),
        watching=replace(small.watching, samples=20),
        evaluation=replace(small.evaluation, samples=64),
    )


def _cost(base, budget):
    """The recipe of the runs that tell what a kernel costs, of a recipe of the table."""
    if budget == "full":
        network, data, batch = replace(base.network, patch_size=1), base.data, 32
    elif budget == "cpu":
        network = DiT(patch_size=1, width=64, depth=2, heads=2)
        data, batch = replace(base.data, training_images=512), 16
    else:
        network = DiT(patch_size=1, width=16, depth=1, heads=1)
        data, batch = replace(base.data, training_images=128), 64
    return replace(
        base,
        data=data,
        network=network,
        training=replace(base.training, epochs=2, batch_size=batch),
        sampling=Sampling(steps=2),
        watching=replace(base.watching, sample_every=0, samples=10),
        evaluation=Evaluation(samples=0),
    )


def differences(results):
    """By network: the relative difference of the distances that two kernels draw of it."""
    other = f"other-{KERNELS[0]} weights, {KERNELS[1]}"
    pairs = {
        f"seed {key.rsplit('-', 1)[1]}": (f"trained-{KERNELS[0]}-{key.rsplit('-', 1)[1]}", key)
        for key in results
        if key.startswith(other)
    }
    pairs["in several tiles"] = tuple(f"tiles-{kernel}-0" for kernel in KERNELS)
    found = {}
    for network, keys in pairs.items():
        if all(key in results for key in keys):
            one, other = (results[key]["scores"]["frechet"] for key in keys)
            found[network] = abs(other - one) / one
    return found


def claims(results):
    """The claims, each with its verdict; the first is no matter of chance."""
    standard, efficient = (scored(results, "frechet").get(kernel) for kernel in KERNELS)
    equal = [difference <= EQUAL for difference in differences(results).values()]
    return {
        "same output: drawn by either kernel from the same weights, images have the same Frechet "
        "distance, to a thousandth": verdict(equal),
        "trained by either kernel, none has the lower Frechet distance": verdict(
            [no_less(standard, efficient), no_less(efficient, standard)]
        ),
    }


def report(results):
    """The tables and the verdicts, Markdown."""
    equal = [[network, f"{value:.1e}"] for network, value in differences(results).items()]
    lines = [
        "Mean over seeds +- standard error (number of seeds). The report gives figures and no "
        "numbers, so its claims are checked.",
        "",
        f"## Trained by each kernel from the same seed, {judged_by(results)}",
        "",
        *scores_lines(results, MEASURES),
        "",
        *losses_lines(results),
        "",
        "Both start from the same weights and see the same batches and noise. Rounding differs, "
        "and training makes more of it with every step, so that trained weights need not be equal.",
        "",
        "## The same weights, drawn from by the other kernel",
        "",
        *scores_lines(results, MEASURES, "other"),
        "",
        *table(["network", "relative difference of the Frechet distances"], equal),
        "",
        "Up to 512 tokens the memory-efficient kernel has one tile, as large as the scores of the "
        "standard one. The network in several tiles is the one that tells the cost below.",
        "",
        "## What a kernel costs in training",
        "",
        "Seconds of a step, and the most memory that the whole process held, Python and TensorFlow "
        "or JAX included (attention alone, 4,096 tokens: [speed.md](speed.md)).",
        "",
        *_costs(results),
        "",
        *verdicts_table(claims(results)),
    ]
    return "\n".join(lines)


def _costs(results):
    """A table of what a step takes by kernel, of the runs with many tokens and of the trained."""
    rows = []
    for key, result in results.items():
        group, kernel, seed = key.rsplit("-", 2)
        cost, config = result.get("attention"), result.get("config", {})
        if cost and seed == "0" and group in ("trained", "cost"):
            rows.append(
                [
                    kernel,
                    _tokens(config),
                    config["training"]["batch_size"],
                    f"{cost['step_seconds']:.3f}",
                    f"{cost['peak_megabytes']:,.0f}",
                    next((f"{r['val_loss']:.6f}" for r in result["rows"][::-1]), None),
                ]
            )
    head = ["kernel", "tokens", "images a step", "seconds a step", "megabytes", "validation loss"]
    return table(head, rows)


def _tokens(config):
    """How many tokens an image of a configuration has."""
    side = 28 if config["data"]["name"] == "mnist-5k" else 32
    return (side // config["network"]["patch_size"]) ** 2
