"""Classifiers of noisy digits, whose gradient guides a denoiser (row B18).

Source: Dhariwal & Nichol 2021, arXiv:2105.05233, appendix H: the way down of their U-Net.
Command: python -m app train mnist-noisy-classifier
         python -m app sample RUN --classifier CLASSIFIER_RUN --classifier-scale 3
         python -m app train mnist-attributes-noisy-classifier
         python -m app sample RUN --classifier CLASSIFIER_RUN --attributes thick
Time: 7 minutes on one CPU core beside other work.
Seen 2026-11-26, one seed, 2,000 test images: accuracy 97.2 % clean, 94.3 % at time 0.5, 60.8 % at
0.8, 9.4 % at 1 (chance 10 %).
Of attributes, seen 2026-11-26, one seed, 2,000 test images, 4 minutes beside other work: mean
accuracy 94.6 % clean, 92.8 % at time 0.5, 82.5 % at 0.8, 74.4 % at 1 (most frequent answer 74.7 %).
celeba-noisy-classifier is for a GPU; never trained: no faces here.
"""

from dataclasses import replace

from app.config import (
    Data,
    Diffusion,
    NoisyClassification,
    NoisyEncoder,
    Optimizer,
    Training,
)
from app.recipes.attributes import CELEBA

CLASSES = NoisyClassification(
    name="mnist-noisy-classifier",
    summary="Classifier of noisy embedded MNIST digits, to guide denoisers like mnist-small.",
    data=Data(name="mnist-5k", validation_fraction=0.05),
    network=NoisyEncoder(multipliers=(1, 2), blocks=2, groups=8, patch_size=2),
    diffusion=Diffusion(schedule="cosine", times="stratified"),
    optimizer=Optimizer(
        name="adamw", learning_rate=1e-3, decay="cosine", warmup_steps=100, weight_decay=0.05
    ),
    training=Training(epochs=14, batch_size=64, ema_decay=0.995),
)

ATTRIBUTES = replace(
    CLASSES,
    name="mnist-attributes-noisy-classifier",
    summary="The same of ten measured attributes, to guide mnist-small or mnist-attributes.",
    data=replace(CLASSES.data, name="mnist-5k-attributes"),
)

# B18: of the faces, chain and pixels of `celeba-attributes`, which it guides.
FACES = NoisyClassification(
    name="celeba-noisy-classifier",
    summary="B18: classifier of noisy faces by ten attributes (a GPU's job).",
    data=CELEBA.data,
    network=NoisyEncoder(width=64, multipliers=(1, 2, 4, 4), blocks=2, attention_resolutions=(16,)),
    diffusion=replace(CELEBA.diffusion, condition="none"),
    optimizer=Optimizer(name="adamw", learning_rate=3e-4, warmup_steps=1000, weight_decay=0.05),
    training=Training(epochs=10, batch_size=64, ema_decay=0.9995),
)

RECIPES = [CLASSES, ATTRIBUTES, FACES]
