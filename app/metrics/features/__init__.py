"""Feature extractors, one a file; `extractor(name)` makes one.

An extractor has `name`, `dimension`, `digest` (sha256 of what makes its numbers) and turns uint8
images `(samples, height, width, channels)` into float32 features `(samples, dimension)`.
"""

from app.metrics.features.align import AlignFeatures
from app.metrics.features.cifar_classifier import CifarFeatures
from app.metrics.features.clip import ClipB32Features, ClipL14Features
from app.metrics.features.digit_classifier import DigitFeatures
from app.metrics.features.image_text_encoder import ImageTextFeatures
from app.metrics.features.inception import InceptionFeatures
from app.metrics.features.pixels import Pixels
from app.metrics.features.siglip import SiglipFeatures

EXTRACTORS = {
    each.name: each
    for each in (
        AlignFeatures,
        CifarFeatures,
        ClipB32Features,
        ClipL14Features,
        DigitFeatures,
        ImageTextFeatures,
        InceptionFeatures,
        Pixels,
        SiglipFeatures,
    )
}


def extractor(name, **arguments):
    """Makes the extractor of that name.

    Args:
        name: str; one of `EXTRACTORS`.
        arguments: what its class takes; "pixels" needs the `shape` of the images, those that take
            `weights` look for them when they are made, not before.

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
