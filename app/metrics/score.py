"""A measured number that never travels without its sample size."""

import hashlib
import math
from dataclasses import asdict, dataclass

import numpy as np


@dataclass(frozen=True)
class Score:
    """One measurement: the value, how many samples made it, and what to hold it against.

    Every metric of this package returns one, so that a figure in a table or on a server can be
    read, compared and repeated. Two scores compare only if `samples`, `extractor_digest` and
    `reference_digest` are equal.

    Args:
        name: str; what was measured, e.g. "frechet".
        value: float; the raw value, in the unit of the metric.
        samples: int, at least 1; number of generated (measured) images, n.
        floor: float or None; the same metric of held-out real images at the same n: what a perfect
            generator would score. For accuracies and precision it is a ceiling. None: not measured.
        interval: pair of floats or None; 95 % confidence interval, whose meaning the metric says.
        extractor: str or None; name of the feature extractor.
        reference: str or None; what the samples were held against, in words.
        extractor_digest: str or None; sha256 of its weights.
        reference_digest: str or None; sha256 of the reference images or features.
        reference_samples: int or None; number of reference images.
        note: str; one sentence where something is missing or unusual.

    Raises:
        ValueError: if the value is not finite or `samples` is below 1.

    Example:
        >>> print(Score("frechet", 3.2, 2000, floor=0.5, interval=(3.0, 3.4)))
        frechet 3.2 [3, 3.4], n = 2000, real against real 0.5
    """

    name: str
    value: float
    samples: int
    floor: float | None = None
    interval: tuple[float, float] | None = None
    extractor: str | None = None
    reference: str | None = None
    extractor_digest: str | None = None
    reference_digest: str | None = None
    reference_samples: int | None = None
    note: str = ""

    def __post_init__(self):
        if self.samples < 1:
            raise ValueError(f"A score needs at least one sample. Received: {self.samples}")
        if not math.isfinite(self.value):
            raise ValueError(
                f"The score '{self.name}' is {self.value}, which is not a number to report; "
                "look for images or features that are not finite."
            )

    def as_dict(self):
        """Returns the fields as plain values that JSON and MLflow take."""
        record = asdict(self)
        if self.interval is not None:
            record["interval"] = [float(bound) for bound in self.interval]
        return record

    def __str__(self):
        text = f"{self.name} {self.value:.4g}"
        if self.interval is not None:
            text += f" [{self.interval[0]:.4g}, {self.interval[1]:.4g}]"
        text += f", n = {self.samples}"
        if self.floor is not None:
            text += f", real against real {self.floor:.4g}"
        if self.extractor is not None:
            text += f", {self.extractor}"
        if self.reference is not None:
            text += f" against {self.reference}"
        return f"{text} ({self.note})" if self.note else text


def measured_by(extractor):
    """Returns the fields of a Score that say whose features were measured; None where nobody's.

    Args:
        extractor: a feature extractor, for its name and digest, or None.

    Example:
        >>> measured_by(None)
        {'extractor': None, 'extractor_digest': None}
    """
    return {
        "extractor": getattr(extractor, "name", None),
        "extractor_digest": getattr(extractor, "digest", None),
    }


def digest(array):
    """Returns the sha256 of an array's type, shape and bytes: the name of a reference set.

    Args:
        array: numpy array of any type and shape.

    Example:
        >>> digest(np.zeros(2, "uint8"))[:8]
        '5bfef0bb'
    """
    array = np.ascontiguousarray(array)
    known = hashlib.sha256(f"{array.dtype.str}{array.shape}".encode())
    known.update(array.reshape(-1).view(np.uint8))  # without a copy of it
    return known.hexdigest()
