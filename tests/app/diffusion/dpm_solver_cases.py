"""The cases that diffusers and the tests both sample; imports nothing of either."""

import numpy as np

START = np.linspace(-2, 2, 96, dtype="float32").reshape(2, 4, 4, 3)


def output(noisy, time, sin):
    """A network that bends, and differs from time t = 0..999 to time; `sin` of any library."""
    return (time + 100.0) / 1100.0 * sin(3.0 * noisy)


def visited(count, spacing):
    """Steps k = t + 1 of 1000 that our trajectories visit, from noise to clean, without the 0."""
    if spacing == "linspace":
        return np.floor(np.linspace(999, 0, count) + 0.5 + 1e-9).astype(int) + 1
    return np.floor(1000 - np.arange(count) * 1000 / count + 0.5 + 1e-9).astype(int)


CASES = {
    f"{target}_{count}_{spacing}_{final}": {
        "target": target,
        "count": count,
        "spacing": spacing,
        "final": final,
        "visited": visited(count, spacing).tolist(),
    }
    for target, count, spacing, final in [
        ("noise", 10, "trailing", "clean"),
        ("noise", 20, "trailing", "clean"),
        ("velocity", 20, "trailing", "clean"),
        ("clean", 13, "trailing", "clean"),
        ("velocity", 17, "linspace", "clean"),
        ("velocity", 3, "trailing", "clean"),
        ("velocity", 10, "trailing", "first"),
    ]
}
