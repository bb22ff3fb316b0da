"""Noise sources, one a file: what `noise` is in `noisy = signal_rate * clean + noise_rate * noise`.

A source has
`parts`, how many images come stacked along the channels of one training example (2: with noise),
and `separate(images) -> [clean]` or `[clean, paired]`;
`draw(clean, seed, *paired) -> noise`, for a training step;
`fixed(clean, seed, shape, *paired) -> noise`, for validation, the same at every call;
`start(seed, first_index, count, shape)`, what sampling starts from, each image by its index alone;
`in_loop(seed, first_index)`, the function `(index, shape) -> noise` of samplers that draw noise on
the way, or None for unit Gaussian noise;
`target(target)`, the target that fits it; and `given_start`, whether the start is an input of the
sampler. Where noise is images, `fixed` and `start` give uint8, which the model scales as its own.
"""

from app.diffusion.noise.entropy import EntropyScaledNoise
from app.diffusion.noise.gaussian import GaussianNoise
from app.diffusion.noise.images import ImageNoise

__all__ = ["EntropyScaledNoise", "GaussianNoise", "ImageNoise"]
