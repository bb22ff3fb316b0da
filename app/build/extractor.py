"""From a recipe to the feature extractor that its images are measured by."""

import inspect

from app import config
from app.data.label_noise import CIFAR10
from app.errors import UserError
from app.metrics.features import EXTRACTORS, extractor


def extractor_for(recipe: config.Recipe, dataset):
    """The feature extractor of a recipe."""
    name = recipe.evaluation.extractor
    return build_extractor(name, dataset.image_shape, dataset.class_names)


def build_extractor(name, image_shape, class_names=(), weights=None):
    """A feature extractor by name.

    Args:
        name: a name in `app.metrics.features.EXTRACTORS`, or "auto": the classifier of the digits
            (from 16 pixels on) or of CIFAR-10's classes, the pixels otherwise.
        image_shape: (height, width, channels) of the real images.
        class_names: names of their classes.
        weights: path of the weights, for extractors that take one, or None.

    Raises:
        UserError: the extractor takes no weights.
        ValueError: there is no extractor of that name.
    """
    if name == "auto":
        digits = tuple(class_names) == tuple("0123456789")
        photographs = set(class_names) == set(CIFAR10)
        name = "digit-classifier" if digits and image_shape[0] >= 16 else "pixels"
        name = "cifar-classifier" if photographs else name
    taken = inspect.signature(EXTRACTORS[name]).parameters if name in EXTRACTORS else {}
    arguments = {"shape": image_shape} if "shape" in taken else {}
    if weights is not None:
        if taken and "weights" not in taken:
            raise UserError(
                f"The extractor '{name}' takes no weights from a file: it brings its own, or has "
                "none. Leave out --extractor-weights, or choose another --extractor."
            )
        arguments["weights"] = weights
    return extractor(name, **arguments)
