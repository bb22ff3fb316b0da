"""The table of cold diffusion: its children, and its verdicts."""

import numpy as np

from app.data import load
from app.reproductions.tables import mnist_cold
from app.reproductions.tables.mnist_cold import COLD_ROW, ESTIMATED, FIRST, REPORTED, SAME
from tests.app.reproductions.made_up import result, seeded


def judged(losses, distances, estimated, seeds=2):
    made = {}
    for row, distance in distances.items():

        def trained(value, loss=losses[row]):
            rows = [{"val_loss": loss, "loss": loss, "fmd_normalized": value / 100}]
            return result({"frechet": value}, rows)

        made |= seeded("trained", {row: distance}, trained, seeds)
    restored = {ESTIMATED: estimated, FIRST: estimated + 1}
    return made | seeded("restored", restored, lambda value: result({"frechet": value}), seeds)


def test_lower_loss_but_no_better_distance():
    losses = {COLD_ROW: 0.01, SAME: 0.02, REPORTED: 0.03}
    claimed = judged(losses, {COLD_ROW: 60.0, SAME: 50.0, REPORTED: 55.0}, 70.0)
    assert list(mnist_cold.claims(claimed).values()) == ["holds"] * 6
    losses = {COLD_ROW: 0.03, SAME: 0.02, REPORTED: 0.01}
    opposite = judged(losses, {COLD_ROW: 40.0, SAME: 50.0, REPORTED: 55.0}, 30.0)
    assert list(mnist_cold.claims(opposite).values()) == ["fails"] * 6
    equal = judged(losses, {COLD_ROW: 50.0, SAME: 50.0, REPORTED: 50.0}, 50.0)
    assert list(mnist_cold.claims(equal).values())[2:] == ["holds", "holds", "undecided", "holds"]
    one = judged(losses, {COLD_ROW: 60.0, SAME: 50.0, REPORTED: 55.0}, 70.0, seeds=1)
    assert list(mnist_cold.claims(one).values()) == ["undecided"] * 6
    text = mnist_cold.report(claimed)
    assert f"| {COLD_ROW} | 0.0100 +- 0.0000 (2) | 0.0100 +- 0.0000 (2) |" in text
    assert f"| {ESTIMATED} | 70.00 +- 0.00 (2) |" in text
    assert f"| {SAME} | 0.500 +- 0.000 (2) |" in text


def test_the_full_budget_is_the_reports_setting():
    children = mnist_cold.children("full", 1, "somewhere")
    cold, same, reported = (children[f"trained-{row}-0"] for row in (COLD_ROW, SAME, REPORTED))
    assert (cold.diffusion.noise, cold.diffusion.noise_data) == ("images", "fashion_mnist")
    assert (cold.sampling.sampler, cold.sampling.cold_noise) == ("cold", "kept")
    first = children[f"restored-{FIRST}-0"]
    assert (first.drawn_by.cold_algorithm, first.drawn_by.cold_noise) == ("1", "kept")
    estimated = children[f"restored-{ESTIMATED}-0"]
    assert estimated.drawn_by.cold_noise == "estimated" and estimated.of == "trained-cold-0"
    for child in (cold, same, reported):
        assert child.network.channels == (16, 32, 64, 32, 16) and child.training.epochs == 100
        assert (child.diffusion.pixel_low, child.diffusion.pixel_high) == (0.0, 1.0)
        assert (child.watching.score_samples, child.watching.score_real) == (32, 512)
    assert (same.diffusion.target, reported.diffusion.target) == ("clean", "noise")
    assert same.diffusion.noise == reported.diffusion.noise == "gaussian"


def test_a_smoke_fades_into_embedded_digits_and_is_held_against_all_of_them():
    cold = mnist_cold.children("smoke", 1)[f"trained-{COLD_ROW}-0"]
    assert cold.diffusion.noise_data == "digits" and cold.sampling.sampler == "cold"
    assert cold.watching.score_real == len(load(cold.data.name, split="test"))
    first = load(cold.data.name, split="test").labels[:512]
    assert len(np.unique(first)) < 10  # why: the first 512 are not of all classes
