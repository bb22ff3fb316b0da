"""One pass of each set of images through the extractor, shared by all metrics."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.metrics.passing import passed
from app.metrics.statistics import Statistics


@dataclass(eq=False)
class FeaturePass:
    """Images and, as soon as a metric asks, their features: each set is passed through once.

    The fields are the arguments of `app.metrics.evaluation.measure`; images may also be what is
    sliced like an array.
    """

    images: np.ndarray
    reference: np.ndarray
    extractor: object
    held_out: np.ndarray | None = None
    training: np.ndarray | None = None
    labels: np.ndarray | None = None
    held_out_labels: np.ndarray | None = None
    prompts: list[str] | None = None
    description: str | None = None
    cache: object = None
    known: Statistics | None = None
    unclipped: np.ndarray | None = None  # floats, images as the model left them
    drawn: object = None  # `DrawnByAttributes`, of a model of attributes that can be measured

    def _outputs(self, images, name):
        """Returns features, and logits if the extractor is a classifier (else None)."""
        if images is None:
            return None, None
        if self.cache is not None:
            return self.cache.outputs(images, self.extractor, name)
        found = passed(images, self.extractor)
        return found["features"], found.get("logits")

    @cached_property
    def generated(self):
        """Features and logits of the generated images."""
        return self._outputs(self.images, "generated images")

    @cached_property
    def real(self):
        """Features of the reference."""
        return self._outputs(self.reference, "the reference")[0]

    @cached_property
    def unseen(self):
        """Features and logits of the held-out real images, or two Nones."""
        return self._outputs(self.held_out, "held-out images")

    @cached_property
    def trained(self):
        """Features of the training images."""
        same = self.training is None or self.training is self.reference
        return self.real if same else self._outputs(self.training, "training images")[0]

    @cached_property
    def statistics(self):
        """Statistics of the reference."""
        return Statistics.of(self.real) if self.known is None else self.known

    @property
    def common(self):
        """What every score of features says."""
        return {"extractor": self.extractor, "description": self.description}
