"""MNIST with another noise: scaled by entropy (row B5), or images in its place (row B8).

Source: two student reports on the plain CNN; Bansal et al. 2022, arXiv:2208.09392, algorithm 2.
Command: python -m app train mnist-cold --data.directory FOLDER
FOLDER holds fashion_mnist.npz beside the copy of MNIST, or both as TensorFlow Datasets has them;
else say where the clothes are: --diffusion.noise-directory.
Scales on the 3,000 images of mnist-5k: batches of 128 have 0.879 with a spread of 0.004; single
images 0.829 with a spread of 0.056, from 0.62 to 0.94.
"""

from dataclasses import replace

from app.config import Diffusion, Evaluation, Sampling, Training, Watching
from app.recipes.mnist import CNN, LENGTHS
from app.recipes.mnist_small import RECIPES as SMALL


def _des(name, summary, scale):
    diffusion = replace(CNN.diffusion, noise="entropy", noise_scale=scale)
    return replace(CNN, name=name, summary=summary, diffusion=diffusion)


# B8: the CNN and the length of B6's default chain; 32 samples.
COLD = replace(
    LENGTHS,
    name="mnist-cold",
    summary="B8: cold diffusion, digits fade into images of clothes.",
    diffusion=Diffusion(noise="images", target="clean", pixel_low=0.0, pixel_high=1.0),
    sampling=Sampling(sampler="cold", steps=1000),
    watching=Watching(sample_every=10, samples=32),
)

# Embedded data on both sides: MNIST fades into the 359 test images of scikit-learn's digits.
COLD_SMALL = replace(
    SMALL[0],
    name="mnist-cold-small",
    summary="Cold diffusion of embedded data: MNIST digits fade into coarse ones.",
    diffusion=Diffusion(
        schedule="cosine",
        target="clean",
        times="stratified",
        condition="class",
        noise="images",
        noise_data="digits",
    ),
    training=Training(epochs=10, batch_size=64, ema_decay=0.995),
    sampling=Sampling(sampler="cold", steps=25),
    watching=Watching(sample_every=5),
    evaluation=Evaluation(samples=350),
)

RECIPES = [
    _des("mnist-des", "B5: noise scaled by the entropy of each image.", "image"),
    _des("mnist-des-batch", "B5: noise scaled by the entropy of the batch.", "batch"),
    _des("mnist-des-constant", "B5: noise scaled by 0.878, the control.", "constant"),
    COLD,
    COLD_SMALL,
]
