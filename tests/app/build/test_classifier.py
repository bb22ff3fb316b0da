"""Losses and weight penalties of classification recipes."""

import inspect
from dataclasses import fields, replace

import keras
import numpy as np
import pytest

from app.build.classifier import LOSSES, build_classifier, build_robust_loss, compiled_classifier
from app.config import EightLayerCNN, Optimizer, RobustLoss, SmallCNN
from app.config.classification import OPTIONS
from app.recipes.noisy_labels import REPORT

RANDOM = np.random.default_rng(0)
IMAGES, LABELS = RANDOM.random((8, 8, 8, 1), "float32"), RANDOM.integers(0, 3, 8)
PARTS = {
    "active_passive": {"active": "normalized_focal", "passive": "asymmetric_mean_square"},
    "active_negative": {"active": "focal"},
}


def recipe(penalty, network=None):
    """Plain gradient descent on a small network, without what draws at random."""
    return replace(
        REPORT,
        network=network or SmallCNN(channels=(4,), hidden=8, dropout=0.0),
        loss=RobustLoss(weight_penalty=penalty),
        optimizer=Optimizer(name="sgd", learning_rate=0.5, momentum=0.0, clip_norm=0),
    )


@pytest.mark.parametrize("name", LOSSES)
def test_a_recipe_knows_every_option_of_a_loss(name):
    numbers = {field.name for field in fields(RobustLoss)} - {"name", "active", "passive"}
    assert set(OPTIONS[name]) == numbers & set(inspect.signature(LOSSES[name]).parameters)


@pytest.mark.parametrize("name", LOSSES)
def test_what_a_recipe_sets_reaches_the_loss(name):
    values = {option: 0.875 + 0.25 * (option == "a") for option in OPTIONS[name]}
    values |= {"log_zero": -2.0} if "log_zero" in values else {}
    config = build_robust_loss(RobustLoss(name=name, **values, **PARTS.get(name, {}))).get_config()
    assert {option: config[option] for option in values} == values


def test_what_a_recipe_sets_reaches_the_parts_of_a_loss():
    settings = RobustLoss(name="active_passive", gamma=3.0, a=12.0, **PARTS["active_passive"])
    loss = build_robust_loss(settings)
    assert (loss.active.gamma, loss.passive.a) == (3.0, 12.0)
    base = build_robust_loss(RobustLoss(name="active_negative", gamma=3.0, active="focal")).base
    assert base.gamma == 3.0


@pytest.mark.parametrize("network", [None, EightLayerCNN(channels=(4,), hidden=8)])
def test_the_penalty_is_the_sum_of_all_absolute_weights(network):
    penalty = 0.25
    model = build_classifier(recipe(penalty, network), (8, 8, 1), 3)
    model.set_weights([RANDOM.normal(size=weight.shape) for weight in model.get_weights()])
    # By hand: kernels, biases, and scales of normalisation; not its statistics.
    weights = [weight.numpy().astype("float64") for weight in model.trainable_variables]
    expected = penalty * sum(np.abs(weight).sum() for weight in weights)
    np.testing.assert_allclose(sum(float(each) for each in model.losses), expected, rtol=1e-5)
    assert len(model.losses) == len(weights)


@pytest.mark.parametrize(
    "name, given, penalty",
    [
        ("cross_entropy", None, 0.0),
        ("cross_entropy", 0.0, 0.0),
        ("active_negative", 0.0, 0.0),
        ("active_negative", None, 5e-5),
    ],
)
def test_only_a_method_with_a_penalty_has_one_unasked(name, given, penalty):
    settings = replace(recipe(0.0), loss=RobustLoss(name=name, weight_penalty=given))
    model = build_classifier(settings, (8, 8, 1), 3)
    found = (
        {float(weight.regularizer.l1) for weight in model.trainable_variables} if penalty else {}
    )
    assert [round(each, 9) for each in found] == ([penalty] if penalty else [])
    assert bool(model.losses) == bool(penalty)


def test_the_penalty_pulls_every_weight_towards_zero_at_one_speed():
    penalty, rate, moved = 0.01, 0.5, []
    for each in (0.0, penalty):
        keras.utils.set_random_seed(0)
        model = compiled_classifier(recipe(each), (8, 8, 1), 3, 8)
        random = np.random.default_rng(1)
        start = [random.normal(size=weight.shape) for weight in model.get_weights()]
        model.set_weights(start)
        reported = model.fit(IMAGES, LABELS, batch_size=8, verbose=0).history["loss"][0]
        moved.append((reported, model.get_weights()))
    (plain_loss, plain), (penalised_loss, penalised) = moved
    for without, with_it, before in zip(plain, penalised, start, strict=True):
        np.testing.assert_allclose(with_it - without, -rate * penalty * np.sign(before), atol=2e-6)
    norm = sum(np.abs(weight).sum() for weight in start)
    assert penalised_loss - plain_loss == pytest.approx(penalty * norm, rel=1e-4)
