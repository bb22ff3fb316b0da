"""Optimizers of recipes: every named one is made, and weights decay as was asked for."""

import dataclasses

import numpy as np
import pytest
from keras import Variable, ops

from app.build.optimizer import build_optimizer
from app.config import Optimizer
from app.recipes import RECIPES


@pytest.mark.parametrize("name", RECIPES)
def test_every_named_recipe_has_an_optimizer_of_its_kind(name):
    recipe = RECIPES[name]
    made = build_optimizer(recipe, 100)
    assert type(made).__name__.lower() == recipe.optimizer.name
    assert (made.weight_decay or 0) == recipe.optimizer.weight_decay


@pytest.mark.parametrize("name", ["adamw", "sgd"])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_without_a_gradient_a_weight_shrinks_by_rate_times_decay(name, decay):
    settings = Optimizer(name=name, learning_rate=0.5, clip_norm=0, weight_decay=decay)
    weight = Variable(np.array([4.0, -2.0], "float32"))
    made = build_optimizer(dataclasses.replace(RECIPES["digits"], optimizer=settings), 10)
    made.apply([ops.zeros(2)], [weight])
    np.testing.assert_allclose(weight.numpy(), np.array([4.0, -2.0]) * (1 - 0.5 * decay), rtol=1e-6)
