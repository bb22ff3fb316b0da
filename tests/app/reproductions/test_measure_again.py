"""Other starts: what they are, and that they change nothing where the chain ends in noise."""

from dataclasses import replace

import numpy as np
import pytest

from app.build.data import build_data
from app.build.diffusion import build_model
from app.config import Data, DiT, PlainCNN, Recipe, Sampling
from app.reproductions.measure_again import draw_from, rebuilt
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


def again(recipe, **fields):
    """A model with a scale and weights as training leaves them, and what a `Measured` makes of it.

    Returns:
        (model, other model, images).
    """
    images = build_data(recipe).train
    model = build_model(recipe, images.image_shape, images.classes)
    if recipe.diffusion.noise == "entropy":
        model.noise.recorded.assign(0.25)
    random = np.random.default_rng(0)
    for variable in model.network.trainable_variables:  # a new network ends in zeros
        variable.assign(0.2 * random.normal(size=variable.shape).astype("float32"))
    child = Measured(name="again", of="tiny", base=recipe, **fields)
    assert child.own_model
    return model, rebuilt(model, child.changed(recipe), images), images


def test_a_unit_start_changes_the_start_and_nothing_else():
    entropy = replace(RECIPE.diffusion, noise="entropy")
    model, other, images = again(replace(RECIPE, diffusion=entropy), start="unit")
    starts = [np.asarray(each.noise.start(3, 0, 5, images.image_shape)) for each in (model, other)]
    np.testing.assert_allclose(starts[0], 0.25 * starts[1], rtol=1e-6)
    assert float(other.noise.recorded) == 0.25  # of the noise on the way
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_another_kernel_draws_the_same_pictures_from_the_same_weights():
    recipe = replace(RECIPE, network=DiT(patch_size=2, width=16, depth=1, heads=2))
    model, other, _ = again(recipe, kernel="memory_efficient")
    drawn = [each.sample(6, steps=3).astype(int) for each in (model, other)]
    assert np.abs(drawn[0] - drawn[1]).max() <= 1  # rounding
    assert len(np.unique(drawn[0])) > 10  # no flat pictures, which would be equal anyway
