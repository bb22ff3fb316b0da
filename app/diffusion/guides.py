"""A guide: one more guidance of a sampler, with what it knows of each image and what it reads."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, eq=False)
class Guide:
    """A guidance by a second network, ready to be compiled into a sampling loop.

    Args:
        wrap: function `(denoiser, schedule, rows, scale) -> denoiser`; a compiled sampler is kept
            for each, so pass the same one for the same network.
        rows: array (count, ...), what is asked of each image: labels, attributes, embeddings.
        scale: float >= 0; strength, an input of the compiled program.
        variables: list of the keras variables that `wrap` reads.
        xla: bool; False if TensorFlow's XLA cannot compile it (antialiased resizing, for one).

    Example:
        ```python
        def wrap(denoiser, schedule, rows, scale):
            def likelihood(noisy, time):
                return classifier.log_likelihood(noisy, time, rows)

            return classifier_guided(denoiser, likelihood, scale, schedule)

        guide = Guide(wrap, labels, 1.0, classifier.variables)
        model.sample(len(labels), guides=[guide])
        ```
    """

    wrap: Callable
    rows: np.ndarray
    scale: float
    variables: list
    xla: bool = True

    def part(self, begin, end):
        """Returns the guide of some of the images."""
        return replace(self, rows=self.rows[begin:end])
