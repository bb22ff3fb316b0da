"""CIFAR-10, class-conditional (row B9).

Source: Ho, Jain, Abbeel 2020, arXiv:2006.11239, as a student report used it.
Command: python -m app train cifar10-conditional --data.directory TFDS_FOLDER
Time: for a GPU; on two CPU cores an epoch takes hours.
"""

from app.config import Data, Diffusion, Optimizer, Recipe, Sampling, Training, Unet, Watching

# B9: T=1000 linear; AdamW 1e-4, clip 1 (decay: PyTorch's own); 50 epochs; 90/10 split; flips;
# no attention.
CONDITIONAL = Recipe(
    name="cifar10-conditional",
    summary="Class-conditional U-Net without attention, 50 epochs (a GPU's job).",
    data=Data(name="cifar10", validation_fraction=0.1),
    network=Unet(
        width=64,
        multipliers=(1, 2, 4),
        attention_resolutions=(),
        middle_attention=False,
        downsample="max_pool",
        upsample="bilinear",
    ),
    diffusion=Diffusion(condition="class"),
    optimizer=Optimizer(name="adamw", learning_rate=1e-4, clip_norm=1.0, weight_decay=0.01),
    training=Training(epochs=50, batch_size=128, ema_decay=0.999),
    sampling=Sampling(sampler="ddpm", variance="beta", steps=1000),
    watching=Watching(sample_every=5, samples=100),
)

RECIPES = [CONDITIONAL]
