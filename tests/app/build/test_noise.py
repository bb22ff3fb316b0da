"""From recipe to noise source: the images in the place of noise, their size and number."""

import dataclasses

import numpy as np
import pytest

from app import config
from app.build.noise import build_noise, noise_images
from app.diffusion.noise import EntropyScaledNoise, GaussianNoise
from app.errors import UserError
from app.recipes import RECIPES

COLD = RECIPES["mnist-cold-small"]


def changed(**diffusion):
    return dataclasses.replace(COLD, diffusion=dataclasses.replace(COLD.diffusion, **diffusion))


def test_each_recipe_gets_its_source():
    assert isinstance(build_noise(RECIPES["digits"], (8, 8, 1)), GaussianNoise)
    for name, by in (("", "image"), ("-batch", "batch"), ("-constant", "constant")):
        source = build_noise(RECIPES[f"mnist-des{name}"], (28, 28, 1))
        assert isinstance(source, EntropyScaledNoise) and source.by == by
        assert not source.unit_target and not source.unit_start


def test_images_in_the_place_of_noise_are_those_of_the_other_set_resized():
    source = build_noise(COLD, (28, 28, 1))
    assert source.starts.shape == (359, 28, 28, 1)  # the test part of scikit-learn's digits
    train = noise_images(COLD, (28, 28, 1), "train")
    assert len(train) == 1438 and train.image_shape == (28, 28, 1)
    assert noise_images(COLD, (8, 8, 3), "train").image_shape == (8, 8, 3)


def test_a_folder_is_a_source_too(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (60, 5, 5, 1), dtype="uint8")
    np.savez(tmp_path / "spots.npz", images=images)
    recipe = dataclasses.replace(
        changed(noise_data=str(tmp_path / "spots.npz")),
        evaluation=config.Evaluation(samples=0),
        watching=config.Watching(samples=8),
    )
    assert build_noise(recipe, (5, 5, 1)).starts.shape == (12, 5, 5, 1)
    with pytest.raises(UserError, match="of which there are 12. The recipe draws 60"):
        build_noise(dataclasses.replace(recipe, watching=config.Watching(samples=60)), (5, 5, 1))


def test_images_that_do_not_fit_are_refused():
    with pytest.raises(UserError, match="square images. Received: 8x9"):
        build_noise(COLD, (8, 9, 1))
    with pytest.raises(UserError, match="No data set, folder or .npz file is called 'nothing'"):
        build_noise(changed(noise_data="nothing"), (8, 8, 1))


def test_fashion_mnist_is_looked_for_where_the_data_are(shared_data):
    recipe = RECIPES["mnist-cold"]
    data = dataclasses.replace(recipe.data, directory=str(shared_data))
    source = build_noise(dataclasses.replace(recipe, data=data), (28, 28, 1))
    assert source.starts.shape == (10000, 28, 28, 1)
