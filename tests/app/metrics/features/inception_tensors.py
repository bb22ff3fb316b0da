"""Weights and images both sides of the Inception comparison draw for themselves."""

import numpy as np


def random_tensors(shapes):
    """Tensors that keep the scale of the maps (He et al.) and leave no normalization trivial.

    Args:
        shapes: dict of name, as in the PyTorch port, to shape.
    """
    generator, tensors = np.random.default_rng(0), {}
    for name in sorted(shapes):
        shape = tuple(shapes[name])
        if name.endswith("conv.weight"):
            values = generator.standard_normal(shape, "float32") * np.sqrt(2 / np.prod(shape[1:]))
        elif name.endswith(("bn.weight", "running_var")):
            values = generator.uniform(0.5, 1.5, shape)
        else:
            values = 0.1 * generator.standard_normal(shape)
        tensors[name] = values.astype("float32")
    return tensors


def random_images(height, width, count=2):
    """Smooth colour images with noise, uint8 `(count, height, width, 3)`."""
    generator = np.random.default_rng(1)
    coarse = generator.integers(0, 256, (count, 4, 4, 3)).repeat(height // 4 + 1, axis=1)
    coarse = coarse.repeat(width // 4 + 1, axis=2)[:, :height, :width]
    return np.clip(coarse + generator.normal(0, 20, coarse.shape), 0, 255).astype("uint8")
