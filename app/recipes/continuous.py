"""EDM, flow matching and score matching on the 5,000 embedded MNIST digits, without network.

Source: Karras et al. 2022, arXiv:2206.00364 (EDM); Lipman et al. 2022, arXiv:2210.02747, and Esser
et al. 2024, arXiv:2403.03206 (flow); Song & Ermon 2020, arXiv:2006.09011, and Song et al. 2020,
arXiv:2011.13456 (scores). Network and training are those of `mnist-small`.
Command: python -m app train mnist-small-edm
"""

from dataclasses import replace

from app.config import Diffusion, Sampling
from app.recipes import mnist_small

(BASE,) = mnist_small.RECIPES

# The training images in [-1, 1] have the deviation 0.62; 17 divides 1020: EDM's own 18 levels.
# What a digit becomes is decided at higher levels than those at which EDM trains photographs:
# Frechet distance 51.9 with EDM's mean of log sigma, -1.2, 22.7 with 0, 21.4 with 0.6 (n = 2,000).
EDM = replace(
    BASE,
    name="mnist-small-edm",
    summary="5,000 MNIST digits by EDM: its levels, preconditioning, times and Heun, 18 steps.",
    diffusion=Diffusion(
        schedule="karras",
        steps=1021,
        target="edm",
        sigma_data=0.62,
        times="log_normal",
        time_mean=0.6,
        condition="class",
    ),
    sampling=Sampling(sampler="heun", steps=18, spacing="linspace", guidance=0.2),
)
FLOW = replace(
    BASE,
    name="mnist-small-flow",
    summary="5,000 MNIST digits by flow matching: a straight line, logit-normal times, Heun.",
    diffusion=Diffusion(schedule="flow", target="flow", times="logit_normal", condition="class"),
    sampling=Sampling(sampler="heun", steps=20, guidance=0.2),
)
# 120 levels fall by a ratio of 1.07: images of one level are likely ones of the next.
SCORE = replace(
    BASE,
    name="mnist-small-score",
    summary="5,000 MNIST digits by denoising score matching and annealed Langevin dynamics.",
    diffusion=Diffusion(
        schedule="exploding",
        largest_sigma=30.0,
        target="score",
        times="stratified",
        condition="class",
    ),
    sampling=Sampling(sampler="langevin", steps=120, spacing="linspace", moves=2),
)

RECIPES = [EDM, FLOW, SCORE]
