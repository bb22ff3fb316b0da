"""What a recipe of the reports becomes at a budget: smoke, cpu or full."""

from dataclasses import replace

from app.config import Data, PlainCNN, Sampling, Unet, Watching
from app.recipes.mnist import UNET

TINY_UNET = Unet(  # of smoke
    width=8, multipliers=(1, 2), blocks=1, attention_resolutions=(), groups=2, patch_size=2
)


def seeds_at(budget, seeds):
    """The seeds of a table at a budget: smoke has one."""
    return range(1 if budget == "smoke" else seeds)


def watched_as_reported(budget):
    """Each epoch judged as the reports do: 32 samples against the first 512 test images.

    The zero of the normalised distance is the mean of 15 draws of other test images, its one a
    black image. smoke: all 2,000 test images, for the embedded ones come class by class.
    """
    return Watching(
        sample_every=10,
        samples=36,
        score_every=1,
        score_samples=32,
        score_metrics=("fmd_15",),
        score_split="test",
        score_real=2000 if budget == "smoke" else 512,
    )


def cnn_budget(recipe, budget, directory=None, images=None):
    """A recipe of the MNIST reports, a plain CNN, at a budget: the same for all their tables.

    full: as it is. cpu: every channel halved, 3 epochs of batches of 32 at 1e-3 (four times the
    updates of the report's batches in the same time), DDIM with 50 steps, n = 2,000; of the data no
    more than `images`, where a table has many rows.
    smoke: embedded digits, a network of two small layers, 2 epochs, 10 steps, n = 64.
    """
    if budget == "full":
        return replace(recipe, data=replace(recipe.data, directory=directory))
    if budget == "cpu":
        channels = tuple(width // 2 for width in recipe.network.channels)
        return replace(
            recipe,
            data=replace(recipe.data, directory=directory, training_images=images),
            network=replace(recipe.network, channels=channels),
            optimizer=replace(recipe.optimizer, learning_rate=1e-3),
            training=replace(recipe.training, epochs=3, batch_size=32),
            sampling=Sampling(steps=50),
            evaluation=replace(recipe.evaluation, samples=2000, extractor="auto"),
        )
    return replace(
        recipe,
        data=Data(name="mnist-5k"),
        network=PlainCNN(channels=(8, 8), kernel_size=3),
        optimizer=replace(recipe.optimizer, learning_rate=1e-3),
        training=replace(recipe.training, epochs=2),
        sampling=Sampling(steps=10),
        evaluation=replace(recipe.evaluation, samples=64, extractor="auto"),
    )


def unet_budget(recipe, budget, directory=None):
    """A class-conditional recipe of the CIFAR-10 reports, a U-Net, at a budget.

    full: as it is. cpu: 32 channels on 16x16 patches, 8 epochs of batches of 64 at 1e-3, DDIM with
    50 steps, n = 2,000. smoke: embedded digits in place of CIFAR-10, a tiny network, 2 epochs, 8
    steps.
    """
    if budget == "full":
        return replace(recipe, data=replace(recipe.data, directory=directory))
    if budget == "cpu":
        return replace(
            recipe,
            data=replace(recipe.data, directory=directory),
            network=replace(
                recipe.network, width=32, multipliers=(1, 2), blocks=1, groups=8, patch_size=2
            ),
            optimizer=replace(recipe.optimizer, learning_rate=1e-3),
            training=replace(recipe.training, epochs=8, batch_size=64),
            sampling=Sampling(steps=50),
            evaluation=replace(recipe.evaluation, samples=2000, extractor="auto"),
        )
    return replace(
        recipe,
        data=Data(name="mnist-5k"),
        network=TINY_UNET,
        optimizer=replace(recipe.optimizer, learning_rate=2e-3, warmup_steps=0),
        training=replace(recipe.training, epochs=2, swa_start_epoch=None, ema_decay=0.9),
        sampling=Sampling(steps=8),
        watching=replace(recipe.watching, samples=20),
        evaluation=replace(recipe.evaluation, samples=64, extractor="auto"),
    )


def small_unet(recipe, directory, epochs):
    """A recipe at the budget cpu on MNIST: a small U-Net, batches of 32, a constant learning rate.

    n = 2,000.
    """
    return replace(
        recipe,
        data=Data(name="mnist", directory=directory, validation_fraction=1 / 6),
        network=replace(UNET.network, width=16, groups=4),
        optimizer=replace(UNET.optimizer, learning_rate=1e-3, decay="constant"),
        training=replace(recipe.training, epochs=epochs, batch_size=32, ema_decay=0.999),
        evaluation=replace(recipe.evaluation, samples=2000, extractor="auto"),
    )
