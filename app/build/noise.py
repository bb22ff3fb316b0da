"""From a diffusion recipe to its noise source, and to the images that serve as noise."""

import functools

from app import config
from app.data import load
from app.data.resize import resized
from app.diffusion.noise import EntropyScaledNoise, GaussianNoise, ImageNoise
from app.errors import UserError

STRIPS = 10  # images of which the figures of a run show the way


def build_noise(recipe: config.Recipe, image_shape):
    """The noise source of a recipe.

    Args:
        recipe: the recipe.
        image_shape: (height, width, channels) of its images.

    Raises:
        UserError: images to start from are missing, or fewer than the recipe draws.
    """
    diffusion = recipe.diffusion
    if diffusion.noise == "entropy":
        return EntropyScaledNoise(
            diffusion.noise_scale,
            diffusion.constant_scale,
            diffusion.unit_noise_target,
            diffusion.unit_noise_start,
        )
    if diffusion.noise == "gaussian":
        return GaussianNoise()
    starts = noise_images(recipe, image_shape, "test")
    watching = recipe.watching
    drawn = [STRIPS, recipe.evaluation.samples, watching.samples]
    drawn += [watching.score_samples] if watching.score_every else []
    if len(starts) < max(drawn):
        raise UserError(
            f"Each image drawn starts from another test image of {starts.name}, of which there "
            f"are {len(starts)}. The recipe draws {max(drawn)}. Lower --evaluation.samples, "
            "--watching.samples or --watching.score-samples, or take another "
            "--diffusion.noise-data."
        )
    return ImageNoise(starts.images)


def noise_images(recipe: config.Recipe, image_shape, part):
    """The "train" or "test" part of the data set in the place of noise, as large as the images.

    Args:
        recipe: a recipe whose noise is images.
        image_shape: (height, width, channels) of its own images.
        part: "train" or "test".

    Returns:
        Dataset.

    Raises:
        UserError: it is not found, too large for memory, or the images are not square.
    """
    diffusion = recipe.diffusion
    directory = diffusion.noise_directory or recipe.data.directory
    return _loaded(diffusion.noise_data, directory, recipe.data.download, tuple(image_shape), part)


@functools.lru_cache(maxsize=2)  # the model, the batches and the manifest ask for the same ones
def _loaded(name, directory, download, image_shape, part):
    height, width, channels = image_shape
    if height != width:
        raise UserError(
            f"Images of another data set are fitted to square images. Received: {height}x{width}."
        )
    dataset = load(name, directory=directory, split=part, download=download)
    if dataset.streamed:
        raise UserError(
            f"Images in the place of noise must fit into memory; '{name}' is streamed. Take "
            "another --diffusion.noise-data."
        )
    return resized(dataset, height, channels)
