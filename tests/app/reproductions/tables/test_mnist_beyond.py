"""The table of choices beyond the reports: its children, its verdicts, its page and figure."""

from dataclasses import asdict

import numpy as np
from matplotlib.image import imread

from app.recipes import RECIPES
from app.reproductions.measured import Measured, config_of
from app.reproductions.tables import FIGURES, mnist_beyond
from tests.app.reproductions.made_up import result, seeded


def test_rows_are_the_shipped_recipes_but_for_seed_and_measures():
    children = mnist_beyond.children("cpu", 2)
    shipped = {
        "clean": "mnist-small",
        "EDM": "mnist-small-edm",
        "flow": "mnist-small-flow",
        "score": "mnist-small-score",
    }
    for row, name in shipped.items():
        for part in ("data", "network", "diffusion", "optimizer", "training", "sampling"):
            assert getattr(children[f"trained-{row}-0"], part) == getattr(RECIPES[name], part)


def test_samplers_that_are_compared_ask_as_often():
    children = mnist_beyond.children("cpu", 1)

    def asked(key):
        child = children[key]
        return (child.drawn_by if isinstance(child, Measured) else child.sampling).evaluations

    # Guidance asks twice. Heun does too, but not in its last step.
    assert asked("trained-EDM-0") == asked("drawn-EDM, euler-0") == 2 * (2 * 18 - 1)
    assert asked("trained-flow-0") == asked("drawn-flow, euler-0") == 2 * (2 * 20 - 1)
    assert asked("trained-clean-0") == asked("drawn-clean, dpm_solver-0") == 2 * 25
    assert asked("drawn-clean, guidance 0-0") == 25
    # Of the same weights only what the row names is drawn otherwise.
    before = asdict(children["trained-clean-0"].sampling)
    after = asdict(children["drawn-clean, guidance 1, interval-0"].sampling)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"guidance", "guidance_interval"}


def claimed(trained, seeds=2):
    def made(value):
        return result({"frechet": value}, [{"loss": 1.0, "val_loss": 1.0}])

    return seeded("trained", trained, made, seeds)


BETTER = {
    "clean": 16.0,
    "noise": 40.0,
    "EDM": 18.0,
    "flow": 20.0,
    "clean, min SNR weights": 15.0,
    "clean, linear betas": 30.0,
    "clean, linear betas, zero terminal": 25.0,
}


def test_trainings_are_told_apart_by_seeds():
    verdicts = mnist_beyond.claims_of_training
    assert list(verdicts(claimed(BETTER)).values()) == ["holds"] * 5
    worse = {row: 100 - value for row, value in BETTER.items()}
    assert list(verdicts(claimed(worse)).values()) == ["fails"] * 5
    assert list(verdicts(claimed(BETTER, 1)).values()) == ["undecided"] * 5
    assert list(verdicts({}).values()) == ["undecided"] * 5


def drawn(churn=15.0, euler=30.0, recall=0.7, distance=18.0, short=90.0):
    rows = {
        "trained-clean": (16.0, 0.7),
        "trained-EDM": (18.0, 0.7),
        "trained-flow": (20.0, 0.7),
        "trained-score": (60.0, 0.7),
        "drawn-score, moves of 0.2": (short, 0.7),
        "drawn-clean, eta 0": (25.0, 0.7),
        "drawn-EDM, churn": (churn, 0.7),
        "drawn-EDM, euler": (30.0, 0.7),
        "drawn-flow, euler": (euler, 0.7),
        "drawn-clean, guidance 1": (20.0, 0.5),
        "drawn-clean, guidance 1, interval": (distance, recall),
    }
    return {
        f"{row}-{seed}": result({"frechet": frechet, "recall": share})
        for row, (frechet, share) in rows.items()
        for seed in (0, 1)
    }


def test_drawings_are_told_apart_by_intervals_of_every_seed():
    verdicts = mnist_beyond.claims_of_drawing
    assert list(verdicts(drawn()).values()) == ["holds"] * 5
    opposite = drawn(churn=19.0, euler=19.0, recall=0.3, distance=22.0, short=30.0)
    assert list(verdicts(opposite).values()) == ["fails"] * 5
    part = drawn()
    del part["drawn-flow, euler-1"]
    assert list(verdicts(part).values()) == ["holds"] * 5  # the other seed is whole
    one = drawn()
    one["drawn-flow, euler-1"] = result({"frechet": 20.005})  # overlaps with Heun's
    assert list(verdicts(one).values()) == ["undecided"] + ["holds"] * 4
    assert list(verdicts({}).values()) == ["undecided"] * 5


def test_the_page_tells_how_often_an_image_asks_and_the_figure_shows_every_row(tmp_path):
    children = mnist_beyond.children("cpu", 1)
    found = {
        key: {**result({"frechet": 16.0, "recall": 0.7}, floor=8.4), "config": config_of(child)}
        for key, child in children.items()
    }
    lines = mnist_beyond.report(found).splitlines()
    assert "| clean | 50 | 16.00 (1) |  | 0.70 (1) |  |" in lines
    assert "| score | 240 | 16.00 (1) |  | 0.70 (1) |  |" in lines
    assert "| EDM, euler | 70 | 16.00 (1) |  | 0.70 (1) |  |" in lines
    assert "| real images |  | 8.40 |  | 8.40 |  |" in lines
    for rows in (1, len(found)):
        some = dict(list(found.items())[:rows])
        FIGURES[mnist_beyond.NAME]["distances"](some, tmp_path / f"{rows}.png")
    few, many = imread(tmp_path / "1.png"), imread(tmp_path / f"{len(found)}.png")
    assert few.shape[1] == many.shape[1] and few.shape[0] < many.shape[0]
    assert np.ptp(few) > 0.5
