"""How long a table takes: each distinct setting is timed once, the rest is multiplied out."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from app.config import Evaluation, Sampling, Training, Watching
from app.recipes import RECIPES
from app.reproductions import forecast as module
from app.reproductions.forecast import REST, forecast
from app.reproductions.measured import Measured
from app.reproductions.tables import TABLES


@pytest.fixture
def timed(monkeypatch):
    """Every setting takes 2 s a step, 10 steps an epoch, 0.001 s an image; attributes are ten."""
    seen = []

    def pretend(recipe):
        seen.append(recipe)
        if recipe.kind != "diffusion":
            return 2.0, 10, 0.0, 0
        return 2.0, 10, 0.001, 10

    monkeypatch.setattr(module, "_timed", pretend)
    return seen


RECIPE = replace(
    RECIPES["mnist-small"],
    training=Training(epochs=5, ema_decay=0.99, swa_start_epoch=2),
    sampling=Sampling(steps=20, guidance=1.0),
    watching=Watching(sample_every=2, samples=60, score_every=0),
    evaluation=Evaluation(samples=1000),
)


def test_training_and_drawing_by_hand(timed):
    # 5 epochs of 10 steps of 2 s; 1,000 + 60 images at the end and 60 after epochs 1, 2, 4 and 5,
    # 20 steps of two evaluations each: 100 + (1060 + 240) * 40 / 1000 = 152.
    assert forecast({"a": RECIPE}) == {"a": pytest.approx(REST + 152)}
    # Scored after epochs 1, 3, 5 of three kinds of weights, 32 images: 3 * 3 * 32 * 40 / 1000.
    watching = replace(RECIPE.watching, score_every=3, score_samples=32, score_weights="all")
    scored = forecast({"a": replace(RECIPE, watching=watching)})["a"]
    assert scored - REST - 152 == pytest.approx(3 * 3 * 32 * 40 / 1000)
    again = Measured(name="b", of="a", base=RECIPE, sampling=Sampling(steps=7), samples=100)
    assert forecast({"b": again}) == {"b": pytest.approx(REST + 0.7)}


def test_what_is_asked_for_by_attributes_is_drawn_with_and_without(timed):
    asked = replace(
        RECIPE,
        diffusion=replace(RECIPE.diffusion, condition="attributes"),
        evaluation=Evaluation(samples=1000, attribute_samples=50, attribute_rows=("a,b", "c,d")),
    )
    # Twelve rows of 50 images more, 20 steps of two evaluations each, and of one with nothing said.
    more = forecast({"a": asked})["a"] - forecast({"a": RECIPE})["a"]
    assert more == pytest.approx(0.001 * 12 * 50 * 20 * (2 + 1))


def test_a_classifiers_gradient_and_images_without_asking_cost_four_more(timed):
    child = Measured(
        name="b",
        of="a",
        base=RECIPE,
        sampling=Sampling(steps=7),
        samples=100,
        classifier="c",
        classifier_scale=2.0,
    )
    # 100 images of 7 evaluations, asked for (4 each with the gradient) and not (1 each).
    assert forecast({"b": child}) == {"b": pytest.approx(REST + 0.001 * 100 * 7 * (4 + 1))}


def test_only_what_draws_is_timed_drawing(monkeypatch):
    drawing = []

    def seconds(model, recipe):
        drawing.append(recipe.name)
        return 0.001

    model = SimpleNamespace(condition=None)
    monkeypatch.setattr(module, "timed", lambda recipe: (None, model, 2.0, 10))
    monkeypatch.setattr(module, "seconds_a_drawing", seconds)
    classifier = RECIPES["noisy-mnist-small"]
    found = forecast({"a": RECIPE, "b": classifier})
    assert drawing == ["mnist-small"]
    assert found["a"] == pytest.approx(REST + 152)
    assert found["b"] == pytest.approx(REST + 20 * classifier.training.epochs)


def test_each_distinct_setting_is_timed_once(timed):
    longer = replace(RECIPE, name="b", training=replace(RECIPE.training, epochs=9, seed=3))
    wider = replace(RECIPE, network=replace(RECIPE.network, width=64))
    found = forecast({"a": RECIPE, "b": longer, "c": wider})
    assert timed == [RECIPE, wider]
    assert found["b"] - found["a"] > 4 * 10 * 2.0
    assert found["a"] == found["c"]


@pytest.mark.parametrize("name, settings", [("noisy-labels", 9), ("mnist-capacity", 2)])
def test_a_table_of_many_runs_has_few_settings(timed, name, settings):
    children = TABLES[name].children("cpu", 3)
    assert set(forecast(children)) == set(children)
    assert len(timed) == settings < len(children)
