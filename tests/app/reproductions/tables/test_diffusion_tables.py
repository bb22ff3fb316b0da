"""Tables of the diffusion reports: their children, and verdicts worked by hand on made results."""

from dataclasses import replace

import numpy as np
import pytest

from app.build.diffusion import build_model
from app.config import DiT, Recipe, to_dict
from app.metrics.features import EXTRACTORS
from app.metrics.registry import METRICS
from app.reproductions.kept import setting
from app.reproductions.measured import Measured, config_of
from app.reproductions.tables import (
    FIGURES,
    TABLES,
    cifar10_conditional,
    cifar10_guidance,
    mnist_capacity,
    mnist_long_short,
    mnist_schedules,
    swa,
)
from tests.app.reproductions.made_up import result, seeded

DIFFUSION = (
    "mnist-schedules",
    "mnist-capacity",
    "mnist-entropy",
    "mnist-long-short",
    "mnist-cold",
    "cifar10-conditional",
    "cifar10-guidance",
    "dit-attention",
    "swa",
    "faces",
    "mnist-score",
    "mnist-beyond",
)
EMBEDDED = {("mnist-beyond", "cpu")}  # on two cores too, as the recipes that it measures


@pytest.mark.parametrize("name", DIFFUSION)
@pytest.mark.parametrize("budget", ["smoke", "cpu", "full"])
def test_children_are_recipes_or_measure_one_that_comes_before(name, budget):
    children = TABLES[name].children(budget, 2, "somewhere")
    seen = set()
    for key, child in children.items():
        group, row, seed = key.rsplit("-", 2)
        assert group and row and int(seed) in (0, 1)
        if isinstance(child, Measured):
            assert child.of in seen and children[child.of] == child.base
        else:
            assert isinstance(child, Recipe)
            assert child.training.seed == child.sampling.seed == int(seed)
            embedded = budget == "smoke" or (name, budget) in EMBEDDED
            assert child.data.directory == (None if embedded else "somewhere")
            assert (child.data.name == "mnist-5k") == embedded
        seen.add(key)
    assert len({child.name for child in children.values()}) == len(children)
    elsewhere = TABLES[name].children(budget, 2, "elsewhere")
    for key, child in children.items():
        assert setting(config_of(child)) == setting(config_of(elsewhere[key]))


@pytest.mark.parametrize("name", DIFFUSION)
def test_a_table_of_nothing_is_a_report_without_verdicts(name, tmp_path):
    text = TABLES[name].report({})
    assert "| holds |" not in text and "| fails |" not in text
    for title, figure in FIGURES[name].items():
        figure({}, tmp_path / f"{title}.png")
        # Without results only what needs none is drawn, and the frame of the guidance table.
        assert (tmp_path / f"{title}.png").exists() == (title in ("schedules", "scores"))


def test_the_full_budget_is_the_reports_setting():
    linear = mnist_schedules.children("full", 1)["trained-linear-0"]
    assert linear.network.channels == (16, 32, 32, 16) and linear.training.epochs == 50
    assert (linear.diffusion.first_beta, linear.diffusion.last_beta) == (1e-4, 0.02)
    assert (linear.sampling.sampler, linear.sampling.variance) == ("ddpm", "beta")
    assert linear.optimizer.learning_rate == 2e-4 and linear.training.batch_size == 128
    assert (linear.evaluation.samples, linear.evaluation.extractor) == (1000, "inception")
    assert (
        mnist_schedules.children("full", 1)["trained-linear, 100 epochs-0"].training.epochs == 100
    )
    # Its negative PSNR takes images that leave the range: drawn as they are, then clipped beside.
    assert not linear.sampling.clip
    clipped = mnist_schedules.children("full", 1)["clipped-linear, clipped-0"]
    assert clipped.sampling == replace(linear.sampling, clip=True)
    # On a CPU one run is the report's own, but for the judge and how often it is looked at.
    whole = mnist_schedules.children("cpu", 3)[f"trained-{mnist_schedules.WHOLE}-0"]
    for part in ("data", "network", "diffusion", "optimizer", "training", "sampling"):
        assert getattr(whole, part) == getattr(linear, part)
    assert whole.evaluation.samples == 1000
    large = mnist_capacity.children("full", 1)["trained-large-0"]
    assert large.network.channels == (64, 128, 256, 128, 64)
    chains = mnist_long_short.children("full", 1)
    ends = {
        row: (chains[f"trained-{row}-0"].diffusion.steps, chains[f"trained-{row}-0"].diffusion)
        for row in mnist_long_short.ROWS
    }
    assert {row: (steps, d.last_beta) for row, (steps, d) in ends.items()} == {
        "default": (1000, 0.02),
        "long": (5000, 0.004),
        "short": (200, 0.1),
    }
    watching = chains["trained-long-0"].watching
    assert (watching.score_samples, watching.score_real) == (32, 512)
    assert (watching.score_split, watching.score_metrics) == ("test", ("fmd_15",))
    drawn = [c for c in cifar10_guidance.children("full", 1).values() if isinstance(c, Measured)]
    assert {(c.sampling.guidance, c.sampling.steps) for c in drawn} == {
        (w, n) for w in (0.0, 1.0, 3.0, 7.0) for n in (10, 50, 250, 1000)
    }
    averaged = swa.children("full", 1)["trained-denoiser-0"]
    assert averaged.training.swa_start_epoch == 6 and averaged.watching.score_weights == "all"
    assert averaged.network == DiT() and averaged.data.name == "cifar10"
    conditional = cifar10_conditional.children("full", 1)["texts-unet-0"]
    assert conditional.extractor == "clip-vit-b32"


def test_capacity():
    def trained(value):
        return result({"frechet": value}, [{"loss": 1.0, "val_loss": value / 100}])

    better = seeded("trained", {"small": 50.0, "large": 24.0}, trained)
    assert list(mnist_capacity.claims(better).values()) == ["holds"] * 2
    worse = seeded("trained", {"small": 24.0, "large": 50.0}, trained)
    assert list(mnist_capacity.claims(worse).values()) == ["fails"] * 2
    assert "| 24.54 | 24.00 +- 0.00 (2) |" in mnist_capacity.report(better)


def test_no_chain_wins_unless_one_beats_both_others():
    def judged(distances, seeds=2):
        def trained(value):
            return result(
                {"frechet": value}, [{"fmd_normalized": 4 * value}, {"fmd_normalized": value}]
            )

        found = seeded("trained", distances, trained, seeds)
        return list(mnist_long_short.claims(found).values()), mnist_long_short.report(found)

    equal, text = judged({"default": 0.5, "long": 0.5, "short": 0.5})
    assert equal == ["holds"] * 2
    assert "| default | 2.002 +- 0.002 (2) | 0.500 +- 0.001 (2) | 4.0 |" in text
    assert "| long: last epoch | 0.08 | 0.500 +- 0.001 (2) | +0.420 |" in text
    config = to_dict(mnist_long_short.children("cpu", 1)["trained-long-0"])
    few = {"trained-long-0": {**result({}, [{"fmd_normalized": 0.5}] * 2), "config": config}}
    text = mnist_long_short.report(few)
    assert "| 0.500 (1) | none: the paper's is after 100 epochs, ours after 3 |" in text
    assert "## Normalised distance, 32 samples against 512 test images" in text
    assert judged({"default": 0.5, "long": 0.1, "short": 0.5})[0] == ["fails"] * 2
    assert judged({"default": 0.5, "long": 0.1, "short": 0.1})[0] == ["holds"] * 2  # two are first
    assert judged({"default": 0.5, "long": 0.1, "short": 0.5}, 1)[0] == ["undecided"] * 2
    assert judged({"default": 0.5, "long": 0.1})[0] == ["undecided"] * 2


def test_images_and_texts_against_chance():
    def verdict(interval):
        found = {
            "trained-unet-0": result({}, [{"loss": 0.1144, "val_loss": 0.2}] * 2),
            "texts-unet-0": result(
                {"matching_accuracy": 0.3, "top1_similarity": 0.25},
                interval=interval,
                extractor="image-text",
            ),
        }
        return list(cifar10_conditional.claims(found).values()), cifar10_conditional.report(found)

    held, text = verdict([0.2, 0.4])
    assert held == ["holds"]
    assert "0.2351 | 0.2500 (1) | none: the paper's judge is CLIP, ours image-text |" in text
    assert "| training loss, after epoch 1 | 0.1144 | 0.1144 (1) | none: another network" in text
    assert verdict([0.02, 0.08])[0] == ["fails"]
    assert verdict([0.05, 0.4])[0] == ["undecided"]  # chance lies within
    assert list(cifar10_conditional.claims({}).values()) == ["undecided"]


def test_losses_of_the_reports_own_network_are_subtracted():
    config = to_dict(cifar10_conditional.children("full", 1)["trained-unet-0"])
    rows = [{"loss": 0.2144, "val_loss": 0.2}, {"loss": 0.0582, "val_loss": 0.1}]
    found = {"trained-unet-0": {**result({}, rows), "config": config}}
    text = cifar10_conditional.report(found)
    assert "| training loss, after epoch 1 | 0.1144 | 0.2144 (1) | +0.1000 |" in text
    assert "| training loss, after epoch 2 | 0.0482 | 0.0582 (1) | +0.0100 |" in text


def test_guidance_is_told_by_intervals():
    def drawn(guidance, steps, recall, accuracy, frechet):
        scores = {"recall": recall, "class_accuracy": accuracy, "frechet": frechet}
        return {f"drawn-guidance {guidance} steps {steps}-0": result(scores)}

    claimed = (
        drawn(0, 50, 0.8, 0.7, 20.0)
        | drawn(7, 50, 0.3, 0.9, 30.0)
        | drawn(1, 10, 0.7, 0.8, 40.0)
        | drawn(1, 50, 0.7, 0.8, 20.0)
        | drawn(1, 250, 0.7, 0.8, 19.0)
    )
    assert list(cifar10_guidance.claims(claimed).values()) == ["holds"] * 3
    opposite = (
        drawn(0, 50, 0.3, 0.9, 20.0)
        | drawn(7, 50, 0.8, 0.7, 30.0)
        | drawn(1, 10, 0.7, 0.8, 40.0)
        | drawn(1, 50, 0.7, 0.8, 20.0)
        | drawn(1, 250, 0.7, 0.8, 10.0)  # the last change, 10, is half of the first
    )
    assert list(cifar10_guidance.claims(opposite).values()) == ["fails"] * 3
    close = (
        drawn(0, 50, 0.50, 0.70, 20.0)
        | drawn(7, 50, 0.49, 0.71, 20.0)
        | drawn(1, 10, 0.7, 0.8, 20.01)
        | drawn(1, 50, 0.7, 0.8, 20.0)
        | drawn(1, 250, 0.7, 0.8, 15.0)
    )  # intervals overlap, those of the first change of the distance too
    assert list(cifar10_guidance.claims(close).values()) == ["undecided"] * 3
    assert "| 7 | 50 | 30.000 [29.990, 30.010] |" in cifar10_guidance.report(claimed)


def test_another_start_draws_without_guidance():
    base = mnist_schedules.children("smoke", 1)["trained-linear-0"]
    with pytest.raises(ValueError, match="`start` must be one of .*Received: 'x'"):
        Measured(name="x", of="x", base=base, start="x")
    conditional = cifar10_guidance.children("smoke", 1)["trained-cosine-0"]
    guided = replace(conditional.sampling, guidance=1.0)
    with pytest.raises(ValueError, match="draws without guidance.*guidance 1.0"):
        Measured(name="x", of="x", base=conditional, sampling=guided, start="data")


def clothes(folder):
    """A file of as many images as a table draws, to start from where Fashion-MNIST is not here."""
    path = folder / "clothes.npz"
    few = np.random.default_rng(0).integers(0, 256, (20, 28, 28), np.uint8)
    images = np.tile(few, (125, 1, 1))
    np.savez_compressed(path, x_train=images, x_test=images)
    return str(path)


DIGITS = ("mnist-5k", "mnist", "fashion_mnist")
SHAPES = {**dict.fromkeys(DIGITS, (28, 28, 1)), "cifar10": (32, 32, 3)}


@pytest.mark.parametrize("name", DIFFUSION)
@pytest.mark.parametrize("budget", ["smoke", "cpu"])
def test_every_network_fits_its_images_and_every_metric_and_judge_has_a_name(
    name, budget, tmp_path
):
    built = set()
    for child in TABLES[name].children(budget, 1).values():
        if getattr(child, "diffusion", None) and child.diffusion.noise == "images":
            child = replace(child, diffusion=replace(child.diffusion, noise_data=clothes(tmp_path)))
        if isinstance(child, Measured):
            judges, metrics = {child.extractor}, set(child.metrics)
        else:
            if (parts := (child.network, child.diffusion, child.data.name)) not in built:
                build_model(child, SHAPES[child.data.name], 10)
                built.add(parts)
            judges, metrics = {child.evaluation.extractor}, set(child.evaluation.metrics)
            asked = [text.partition("@") for text in child.watching.score_metrics]
            metrics |= {metric for metric, _, _ in asked}
            judges |= {judge for _, _, judge in asked if judge}
        assert metrics <= METRICS.keys()
        assert judges - {"auto"} <= EXTRACTORS.keys()
