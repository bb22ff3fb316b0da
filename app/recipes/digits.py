"""Digits of 8x8 pixels: the whole path, quickly.

Source: our own; the data set is scikit-learn's `load_digits` (1,797 images).
Command: python -m app train digits
"""

from app.config import Data, Diffusion, Evaluation, Optimizer, Recipe, Training, Unet

RECIPES = [
    Recipe(
        name="digits",
        summary="8x8 digits, class-conditional U-Net: the whole path, quickly.",
        data=Data(name="digits"),
        network=Unet(width=32, multipliers=(1, 2), blocks=1, attention_resolutions=(), groups=8),
        diffusion=Diffusion(schedule="cosine", target="velocity", condition="class"),
        optimizer=Optimizer(learning_rate=2e-3, decay="cosine", warmup_steps=50),
        training=Training(epochs=60, batch_size=64, ema_decay=0.99),
        evaluation=Evaluation(samples=256, extractor="pixels"),
    )
]
