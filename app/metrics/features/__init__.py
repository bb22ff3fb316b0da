"""Feature extractors, one a file; `extractor(name)` makes one.

An extractor has `name`, `dimension`, `digest` (sha256 of what makes its numbers) and turns uint8
images `(samples, height, width, channels)` into float32 features `(samples, dimension)`.
"""

from app.metrics.features.digit_classifier import DigitFeatures
from app.metrics.features.pixels import Pixels

EXTRACTORS = {DigitFeatures.name: DigitFeatures, Pixels.name: Pixels}


def extractor(name, **arguments):
    """Makes the extractor of that name.

    Args:
        name: str; one of `EXTRACTORS`.
        arguments: what its class takes; "pixels" needs the `shape` of the images.

    Raises:
        ValueError: if no extractor has that name.

    Example:
        >>> extractor("pixels", shape=(8, 8, 1)).dimension
        64
    """
    if name not in EXTRACTORS:
        raise ValueError(
            f"No feature extractor is called '{name}'. Choose one of: {', '.join(EXTRACTORS)}."
        )
    return EXTRACTORS[name](**arguments)
