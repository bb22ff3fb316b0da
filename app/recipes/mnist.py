"""Full MNIST: the plain CNN of the reports (rows B1, B2, B6), and a U-Net, the best we have.

Source: Ho, Jain, Abbeel 2020, arXiv:2006.11239, as five student reports used it.
Command: python -m app train mnist-cnn --data.directory TFDS_FOLDER
"""

from dataclasses import replace

from app.config import (
    Data,
    Diffusion,
    Evaluation,
    Optimizer,
    PlainCNN,
    Recipe,
    Sampling,
    Training,
    Unet,
    Watching,
)

# B1: channels 16, 32, 32, 16; sigma_t^2 = beta_t; pixels in [-0.5, 0.5]; 10,000 for validation.
CNN = Recipe(
    name="mnist-cnn",
    summary="The reports' plain CNN denoiser: T=1000, linear betas, 50 epochs.",
    data=Data(name="mnist", validation_fraction=1 / 6),
    network=PlainCNN(),
    diffusion=Diffusion(pixel_low=-0.5, pixel_high=0.5),
    optimizer=Optimizer(learning_rate=2e-4, clip_norm=0),
    training=Training(epochs=50, batch_size=128, ema_decay=0),
    sampling=Sampling(sampler="ddpm", variance="beta", steps=1000),
    watching=Watching(sample_every=1, samples=36),
)


def _cnn(name, summary, **diffusion):
    return replace(CNN, name=name, summary=summary, diffusion=replace(CNN.diffusion, **diffusion))


# B6: the triple of chain lengths; 36 samples every 10 epochs; pixels in [0, 1].
LENGTHS = replace(
    CNN,
    network=PlainCNN(channels=(16, 32, 64, 32, 16)),
    training=replace(CNN.training, epochs=100),
    watching=Watching(sample_every=10, samples=36),
)


def _length(name, steps, last_beta):
    return replace(
        LENGTHS,
        name=f"mnist-{name}",
        summary=f"B6, the {name} chain: T={steps}, betas 1e-4 to {last_beta}.",
        diffusion=Diffusion(steps=steps, last_beta=last_beta, pixel_low=0.0, pixel_high=1.0),
        sampling=replace(CNN.sampling, steps=steps),
    )


UNET = Recipe(
    name="mnist-best",
    summary="Full MNIST at its best here: a class-conditional U-Net, clean target, cosine.",
    data=Data(name="mnist", validation_fraction=1 / 60),
    network=Unet(
        width=32, multipliers=(1, 2), blocks=1, attention_resolutions=(7,), groups=8, patch_size=2
    ),
    diffusion=Diffusion(schedule="cosine", target="clean", times="stratified", condition="class"),
    optimizer=Optimizer(learning_rate=2e-3, decay="cosine", warmup_steps=200),
    training=Training(epochs=8, batch_size=128, ema_decay=0.999),
    sampling=Sampling(steps=20, eta=1.0),
    watching=Watching(sample_every=1, score_every=2, score_samples=10000),
    evaluation=Evaluation(samples=10000),
)

RECIPES = [
    CNN,
    _cnn("mnist-cnn-geometric", "B2: geometric betas.", schedule="geometric"),
    _cnn("mnist-cnn-annealed", "B2: cosine-annealed betas ('custom').", schedule="annealed"),
    _length("default", 1000, 0.02),
    _length("long", 5000, 0.004),
    _length("short", 200, 0.1),
    UNET,
]
