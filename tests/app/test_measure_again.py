"""Other starts: what they are, and that they change nothing where the chain ends in noise."""

from dataclasses import replace

import numpy as np
import pytest

from app.build.data import build_data
from app.build.diffusion import build_model
from app.config import Data, PlainCNN, Recipe, Sampling
from app.measure_again import draw_from
from app.reproductions.measured import Measured

RECIPE = Recipe(
    name="tiny",
    data=Data(name="digits"),
    network=PlainCNN(channels=(4,), kernel_size=3),
    sampling=Sampling(steps=3, batch_size=4),
)


def drawn(recipe, start):
    images = build_data(recipe)
    model = build_model(recipe, images.train.image_shape, images.train.classes)
    child = Measured(name="again", of="tiny", base=recipe, samples=6, start=start)
    return draw_from(model, recipe, images, child)[0], model, images


@pytest.mark.parametrize("start", ["mean", "data"])
def test_without_signal_at_the_end_every_start_is_the_noise_of_the_seed(start):
    diffusion = replace(RECIPE.diffusion, zero_terminal=True, target="velocity")
    found, model, _ = drawn(replace(RECIPE, diffusion=diffusion), start)
    expected = model.sample(6, steps=3, batch_size=6)
    assert found.shape == (6, 8, 8, 1) and found.dtype == np.uint8
    assert np.abs(found.astype(int) - expected).max() <= 1  # rounding, of another batch size


def test_a_chain_of_no_noise_starts_from_the_images_themselves():
    # One step of beta 1e-7 leaves 1 - 5e-8 of the signal and 3e-4 of noise, a thirtieth of a grey
    # level; a network of zeros predicts no noise, so that the sampler returns its start.
    diffusion = replace(RECIPE.diffusion, steps=1, first_beta=1e-7, last_beta=1e-7)
    recipe = replace(RECIPE, diffusion=diffusion, sampling=Sampling(steps=1, batch_size=4))
    images = build_data(recipe)
    model = build_model(recipe, images.train.image_shape, images.train.classes)
    for variable in model.network.last.weights:
        variable.assign(np.zeros(variable.shape, "float32"))
    for start in ("mean", "data"):
        child = Measured(name="again", of="tiny", base=recipe, samples=6, start=start)
        found, labels = draw_from(model, recipe, images, child)
        assert labels is None
        if start == "mean":
            mean = images.train.images.astype("float64").mean(0)
            assert np.abs(found - mean).max() < 1.5
        else:
            distances = np.abs(images.train.images[None].astype(int) - found[:, None].astype(int))
            assert (distances.max((2, 3, 4)).min(1) <= 1).all()  # each is a training image
            assert len(np.unique(found, axis=0)) == 6
