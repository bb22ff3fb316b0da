"""Images by attributes (row B17): digits with measured ones, faces with CelebA's, or none (B15).

Source: two student reports; the digits are our own, to have attributes that can be measured.
Command: python -m app train mnist-attributes
         python -m app train celeba --data.directory TFDS_FOLDER
         python -m app train celeba-attributes --data.directory TFDS_FOLDER
Time: mnist-attributes as mnist-small and some minutes of drawing; 28 minutes beside tests.
Seen 2026-11-25, one seed: asked for one attribute, 0.67 more of the digits have it than without
asking (docs/results/attributes.md). Those of CelebA are for a GPU; never trained: no faces here.
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

# B15: two residual blocks a level, attention of several heads; T=1000; 10 epochs. Side: ours, 64.
FACES = Recipe(
    name="celeba",
    summary="B15: faces of CelebA (a GPU's job).",
    data=Data(name="celeb_a", size=64),
    network=Unet(
        width=64, multipliers=(1, 2, 4, 4), blocks=2, attention_resolutions=(16,), heads=4
    ),
    diffusion=Diffusion(steps=1000),
    optimizer=Optimizer(learning_rate=2e-4, warmup_steps=1000),
    training=Training(epochs=10, batch_size=64, ema_decay=0.9995),
    sampling=Sampling(sampler="ddpm", variance="beta", steps=1000),
    watching=Watching(sample_every=1, samples=36),
    evaluation=Evaluation(samples=1000),
)

# B17: the network of B15, told ten attributes.
CELEBA = replace(
    FACES,
    name="celeba-attributes",
    summary="B17: faces of CelebA by ten attributes (a GPU's job).",
    data=replace(
        FACES.data,
        attribute_names=(
            *("Bald", "Black_Hair", "Blond_Hair", "Brown_Hair", "Eyeglasses"),
            *("Male", "Smiling", "Mustache", "No_Beard", "Young"),
        ),
    ),
    diffusion=replace(FACES.diffusion, condition="attributes"),
    sampling=replace(FACES.sampling, guidance=1.0),
    watching=replace(FACES.watching, samples=100),
    evaluation=Evaluation(
        samples=1000, attribute_samples=10, attribute_rows=("Bald,Male", "Mustache,Male")
    ),
)

RECIPES = [MNIST, FACES, CELEBA]
