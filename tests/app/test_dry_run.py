"""The estimates of a dry run, by hand: nothing is timed here, and no step takes any time."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from app import dry_run as module
from app.config import Sampling, Training
from app.recipes import RECIPES


def recipe(name, **parts):
    base = RECIPES[name]
    return replace(base, **{part: replace(getattr(base, part), **v) for part, v in parts.items()})


@pytest.fixture
def told(monkeypatch):
    """A function (recipe) -> {word: line} of a dry run: 0.3 s a step, 8 an epoch, 0.01 s drawing.

    The network has a million weights, the data 500 images and no validation.
    """

    def run(asked):
        lines = []
        model = SimpleNamespace(
            count_params=lambda: 1_000_000, condition=SimpleNamespace(attributes=10)
        )
        parts = SimpleNamespace(train=range(500), validation=None)
        monkeypatch.setattr(module, "timed", lambda _: (parts, model, 0.3, 8))
        monkeypatch.setattr(module, "seconds_a_drawing", lambda *_: 0.01)
        monkeypatch.setattr(module, "peak_megabytes", lambda: 2500.0)
        monkeypatch.setattr(module, "console", SimpleNamespace(print=lines.append))
        module.dry_run(asked)
        return {word: rest.strip() for word, _, rest in (line.partition(":") for line in lines)}

    return run


def test_time_is_that_of_training_and_of_the_drawing_after_it(told):
    asked = recipe(
        "mnist-small",
        training={"epochs": 5},
        sampling={"steps": 20, "guidance": 1.0},
        watching={"samples": 60},
        evaluation={"samples": 1000},
    )
    # 5 epochs of 8 steps of 0.3 s; 1,060 images of 20 steps of two evaluations of 0.01 s.
    lines = told(asked)
    assert lines["time"] == f"about {(12 + 424) / 60:.1f} min (300 ms a step)"
    assert lines["images"] == "500 to train on, 0 to validate"
    assert lines["memory"] == "about 2.5 GB (this trial's peak)"


def test_attributes_asked_for_are_drawn_with_guidance_and_without(told):
    asked = recipe(
        "mnist-attributes",
        training={"epochs": 5},
        sampling={"steps": 20, "guidance": 1.0},
        watching={"samples": 100},
        evaluation={"samples": 1000, "attribute_samples": 50, "attribute_rows": ("thick",)},
    )
    # Ten attributes and one combination, 50 images each, of 40 evaluations and of 20.
    drawing = 1100 * 40 + 11 * 50 * (40 + 20)
    assert told(asked)["time"].startswith(f"about {(12 + 0.01 * drawing) / 60:.1f} min")


def test_a_classifier_draws_nothing(told):
    asked = recipe("noisy-mnist-small", training={"epochs": 500})
    assert told(asked)["time"].startswith(f"about {500 * 8 * 0.3 / 60:.1f} min")


@pytest.mark.parametrize(
    "training, files",
    [
        # A checkpoint has the weights and the optimizer's two moments, the exports four copies.
        ({"ema_decay": 0.0}, 3 * 2 + 1 + 4),
        ({"ema_decay": 0.9, "swa_start_epoch": 1}, (3 + 2) * 2 + 1 + 2 + 4),
        (
            {"ema_decay": 0.0, "power_averages": (0.05, 0.1), "keep_checkpoints": 3},
            (3 + 2) * 3 + 1 + 4 + 2 * 16,
        ),
        ({"ema_decay": 0.0, "power_averages": (0.05,), "epochs": 7}, (3 + 1) * 2 + 1 + 4 + 7),
    ],
    ids=["plain", "two averages", "two lengths", "few epochs"],
)
def test_disk_holds_checkpoints_averages_and_snapshots(told, training, files):
    training = {"epochs": 20, **training}
    asked = replace(RECIPES["mnist-small"], training=Training(**training))
    lines = told(asked)
    assert lines["parameters"] == "1,000,000"
    assert lines["disk"] == f"about {4 * files} MB"


def test_seconds_a_drawing_are_an_image_and_evaluation(monkeypatch):
    drawn = []
    model = SimpleNamespace(
        condition=None, sample=lambda count, labels, **options: drawn.append((count, options))
    )
    monkeypatch.setattr(module, "class_labels", lambda model, count: None)
    monkeypatch.setattr(module, "_median_seconds", lambda function: function() or 6.4)
    some = SimpleNamespace(sampling=Sampling(steps=50, batch_size=128))
    assert module.seconds_a_drawing(model, some) == pytest.approx(6.4 / (32 * 4))
    few = SimpleNamespace(sampling=Sampling(steps=2, batch_size=8))
    assert module.seconds_a_drawing(model, few) == pytest.approx(6.4 / (8 * 2))
    assert drawn[0] == drawn[1] == (32, {"steps": 4, "batch_size": 32})  # the first one compiles
    assert drawn[2] == drawn[3] == (8, {"steps": 2, "batch_size": 8})


def test_the_median_of_five_calls(monkeypatch):
    clock = iter([0.0, 9.0, 10.0, 11.0, 20.0, 22.0, 30.0, 33.0, 40.0, 44.0])  # 9, 1, 2, 3, 4
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(clock))
    calls = []
    assert module._median_seconds(lambda: calls.append(1)) == 3.0
    assert len(calls) == 5
