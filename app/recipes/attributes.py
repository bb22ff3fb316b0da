"""Images by their attributes (row B17): digits with measured ones, faces with CelebA's.

Source: two student reports; the digits are our own, to have attributes that can be measured.
Command: python -m app train mnist-attributes
         python -m app train celeba-attributes --data.directory TFDS_FOLDER
Time: mnist-attributes as mnist-small and some minutes of drawing; 28 minutes beside tests.
Seen 2026-11-25, one seed: asked for one attribute, 0.67 more of the digits have it than without
asking (docs/results/attributes.md). celeba-attributes is for a GPU; never trained: no faces here.
"""

from dataclasses import replace

from app.config import (
    Data,
    Diffusion,
    Evaluation,
    Optimizer,
    Recipe,
    Sampling,
    Training,
    Unet,
    Watching,
)
from app.recipes import mnist_small

(BASE,) = mnist_small.RECIPES

MNIST = replace(
    BASE,
    name="mnist-attributes",
    summary="5,000 embedded MNIST digits by ten measured attributes.",
    data=replace(BASE.data, name="mnist-5k-attributes"),
    diffusion=replace(BASE.diffusion, condition="attributes"),
    sampling=replace(BASE.sampling, guidance=1.0),
    watching=replace(BASE.watching, samples=100),
    evaluation=Evaluation(
        samples=1000,
        extractor="digit-classifier",
        attribute_rows=("has_hole,two_holes", "thick,slanted_right"),
    ),
)

# B17: ten attributes; the U-Net of B15, two residual blocks a level; T=1000; 64x64; 10 epochs.
CELEBA = Recipe(
    name="celeba-attributes",
    summary="B17: faces of CelebA by ten attributes (a GPU's job).",
    data=Data(
        name="celeb_a",
        size=64,
        attribute_names=(
            *("Bald", "Black_Hair", "Blond_Hair", "Brown_Hair", "Eyeglasses"),
            *("Male", "Smiling", "Mustache", "No_Beard", "Young"),
        ),
    ),
    network=Unet(width=64, multipliers=(1, 2, 4, 4), blocks=2, attention_resolutions=(16,)),
    diffusion=Diffusion(steps=1000, condition="attributes"),
    optimizer=Optimizer(learning_rate=2e-4, warmup_steps=1000),
    training=Training(epochs=10, batch_size=64, ema_decay=0.9995),
    sampling=Sampling(sampler="ddpm", variance="beta", steps=1000, guidance=1.0),
    watching=Watching(sample_every=1, samples=100),
    evaluation=Evaluation(
        samples=1000, attribute_samples=10, attribute_rows=("Bald,Male", "Mustache,Male")
    ),
)

RECIPES = [MNIST, CELEBA]
