"""Diffusion transformers: small on digits; on CIFAR-10 by kernel (B12) and averaged (B13, B14).

Source: Peebles and Xie 2022, arXiv:2212.09748, table 1 and section 4 (AdamW, 1e-4 constant, no
decay, labels dropped in a tenth); B12: one of the reports this project reproduces, which set
standard attention against a memory-efficient one.
Command: python -m app train mnist-dit; python -m app train cifar10-dit --data.directory TFDS_FOLDER
Time: cifar10-dit is a GPU's job: an epoch takes hours on two CPU cores.
"""

from dataclasses import replace

from app.config import (
    Data,
    Diffusion,
    DiT,
    Evaluation,
    Optimizer,
    Recipe,
    Sampling,
    Training,
    Unet,
    Watching,
)

SMALL = Recipe(
    name="mnist-dit",
    summary="A small transformer (4.2 M weights, 49 patches) on 5,000 embedded MNIST digits.",
    data=Data(name="mnist-5k", validation_fraction=0.05),
    network=DiT(patch_size=4, width=192, depth=6, heads=6),
    diffusion=Diffusion(schedule="cosine", target="clean", times="stratified", condition="class"),
    optimizer=Optimizer(learning_rate=1e-3, decay="cosine", warmup_steps=100),
    training=Training(epochs=34, batch_size=64, ema_decay=0.995),
    sampling=Sampling(steps=25, eta=1.0),
    watching=Watching(sample_every=8),
    evaluation=Evaluation(samples=2000),
)

# B12: DiT-S/2 has 256 tokens at 32x32; with patches of 1 there are 1,024, where kernels differ.
CIFAR10 = Recipe(
    name="cifar10-dit",
    summary="B12: class-conditional DiT-S/2, standard attention (a GPU's job).",
    data=Data(name="cifar10", validation_fraction=0.1),
    network=DiT(),
    diffusion=Diffusion(condition="class"),
    optimizer=Optimizer(name="adamw", learning_rate=1e-4, clip_norm=0, weight_decay=0),
    training=Training(epochs=200, batch_size=128, ema_decay=0.9999),
    sampling=Sampling(sampler="ddpm", variance="beta", steps=1000),
    watching=Watching(sample_every=10, samples=100),
)

# B13, B14: the report averages a DiT's weights after epoch 6 and does not say how long it trained.
AVERAGED = replace(
    CIFAR10,
    name="cifar10-swa",
    summary="B13: a DiT-S/2 whose weights are averaged from epoch 6 on (a GPU's job).",
    training=replace(CIFAR10.training, epochs=50, ema_decay=0.999, swa_start_epoch=6),
)


def _efficient(recipe, words):
    return replace(
        recipe,
        name=f"{recipe.name}-efficient",
        summary=f"B12: {words}, memory-efficient attention (a GPU's job).",
        network=replace(recipe.network, kernel="memory_efficient"),
    )


UNET = replace(
    CIFAR10,
    name="cifar10-unet",
    summary="B12: class-conditional U-Net of DDPM, attention at 16x16, standard (a GPU's job).",
    network=Unet(dropout=0.1),
    optimizer=Optimizer(learning_rate=2e-4, warmup_steps=5000),
)

RECIPES = [
    SMALL,
    CIFAR10,
    _efficient(CIFAR10, "class-conditional DiT-S/2"),
    AVERAGED,
    UNET,
    _efficient(UNET, "class-conditional U-Net of DDPM"),
]
