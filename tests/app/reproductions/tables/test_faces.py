"""The table of faces: what its chains leave, its children, and its verdicts."""

from dataclasses import replace

import numpy as np
import pytest

from app.config import to_dict
from app.reproductions.tables import faces
from tests.app.reproductions.made_up import result, seeded


def judged(distances, started, config=None):
    def trained(value):
        own = {"config": config} if config else {}
        return {**result({"frechet": value}, [{"loss": 1.0, "val_loss": 1.0}]), **own}

    found = seeded("trained", distances, trained)
    rows = {f"{row} from data": value for row, value in started.items()}
    return found | seeded("start", rows, lambda value: result({"frechet": value}))


CLAIMED = {"T=10": 300.0, "T=100": 200.0, "T=1000": 50.0, "T=10, cosine": 90.0}
CLAIMED |= {"T=100, scaled": 60.0}


def test_short_chains_do_not_learn_and_chains_that_end_in_noise_do():
    claimed = judged(CLAIMED, {"T=10": 10.0, "T=100": 40.0})
    assert list(faces.claims(claimed).values()) == ["holds"] * 6
    opposite = {row: 350.0 - value for row, value in CLAIMED.items()}
    opposite = judged(opposite, {"T=10": 310.0, "T=100": 340.0})
    assert list(faces.claims(opposite).values()) == ["fails"] * 6
    one = {key: made for key, made in claimed.items() if key.endswith("-0")}
    assert list(faces.claims(one).values()) == ["undecided"] * 6


def test_what_a_chain_leaves_of_the_signal():
    # By hand: the product of sqrt(1 - beta) for T betas spread evenly from 1e-4 to 0.02.
    for steps, share in ((10, 0.951), (100, 0.603), (1000, 0.006)):
        by_hand = np.prod(np.sqrt(1 - np.linspace(1e-4, 0.02, steps)))
        assert faces.schedules()[f"T={steps}"].signal_rates[-1] == pytest.approx(by_hand)
        assert by_hand == pytest.approx(share, abs=5e-4)
    assert faces.schedules()["T=100, scaled"].signal_rates[-1] < 0.01
    assert faces.schedules()["T=10, cosine"].signal_rates[-1] < 0.01
    text = faces.report(judged(CLAIMED, {"T=100": 40.0}))
    assert "| T=100 | 60.3 % |" in text
    assert "| T=100 | 200.00 +- 0.00 (2) |" in text
    assert "| T=100 from data | 40.00 +- 0.00 (2) |" in text


def test_the_report_names_what_stands_in_for_faces():
    children = faces.children("cpu", 1, "somewhere")
    config = to_dict(children["trained-T=1000-0"])
    text = faces.report(judged({"T=1000": 50.0}, {}, config))
    assert "| Bitmoji, T=1000 | 58.34 | 50.00 +- 0.00 (2) | none: the paper's is FID of fa" in text
    assert "here mnist stands in" in text
    (second,) = (child for key, child in children.items() if key.startswith("other-"))
    assert second.data == replace(children["trained-T=1000-0"].data, name="fashion_mnist")
    assert children["trained-T=10-0"].sampling.steps == 10
    assert children["trained-T=100-0"].sampling.steps == 50


def test_the_full_budget_has_the_faces_that_are_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert list(faces.children("full", 2)) == [f"other-celeb_a T=1000-{seed}" for seed in (0, 1)]
    (tmp_path / "bitmoji").mkdir()
    children = faces.children("full", 1, "somewhere")
    for row, name in (("trained-T=10", "bitmoji"), ("other-celeb_a T=1000", "celeb_a")):
        child = children[f"{row}-0"]
        assert (child.data.name, child.data.size, child.training.epochs) == (name, 64, 10)
        assert child.network.blocks == 2 and child.network.heads == 4
        assert child.diffusion.condition == "none" and not child.diffusion.scale_to_steps
        assert (child.evaluation.samples, child.evaluation.extractor) == (1000, "inception")
    assert children["trained-T=100-0"].sampling.steps == 100
    assert children["trained-T=1000-0"].sampling.steps == 1000
