"""The metrics by name: each makes Scores of one `FeaturePass`."""

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from app.metrics.accuracy import class_accuracy
from app.metrics.extrapolation import frechet_infinity_score
from app.metrics.features.pixels import Pixels
from app.metrics.frechet import Statistics, frechet_score
from app.metrics.image_text import image_text_scores
from app.metrics.inception_score import inception_score
from app.metrics.kid import kid_score
from app.metrics.mmd import CMMD, mmd_score
from app.metrics.nearest import nearest_score
from app.metrics.normalized import black_score, normalized_score
from app.metrics.pixels import psnr_scores, ssim_scores
from app.metrics.precision_recall import precision_recall
from app.metrics.subsets import shuffled

VALIDATION = 100  # real images that pixel metrics hold each generated one against


@dataclass(eq=False)
class FeaturePass:
    """Images and, as soon as a metric asks, their features: each set is passed through once.

    The fields are the arguments of `app.metrics.evaluation.measure`.
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

    def _outputs(self, images):
        """Returns features, and logits if the extractor is a classifier (else None)."""
        if images is None:
            return None, None
        if hasattr(self.extractor, "outputs"):
            return self.extractor.outputs(images)
        return self.extractor(images), None

    @cached_property
    def generated(self):
        """Features and logits of the generated images."""
        return self._outputs(self.images)

    @cached_property
    def real(self):
        """Features of the reference."""
        return self._outputs(self.reference)[0]

    @cached_property
    def unseen(self):
        """Features and logits of the held-out real images, or two Nones."""
        return self._outputs(self.held_out)

    @cached_property
    def trained(self):
        """Features of the training images."""
        same = self.training is None or self.training is self.reference
        return self.real if same else self._outputs(self.training)[0]

    @cached_property
    def statistics(self):
        """Statistics of the reference."""
        return Statistics.of(self.real)

    @property
    def common(self):
        """What every score of features says."""
        return {"extractor": self.extractor, "description": self.description}

    def require(self, found, name, wanted):
        """Says in a sentence what a metric lacks."""
        if found is None:
            raise ValueError(
                f"The metric '{name}' needs {wanted}. Received: none, with the extractor "
                f"'{self.extractor.name}'. Leave the metric out, or choose another extractor."
            )


def _frechet(name, seen):
    score = frechet_score(
        seen.generated[0], seen.statistics, seen.unseen[0], name=name, **seen.common
    )
    dark = seen.extractor(np.zeros_like(seen.images[:1]))
    black = black_score(score, dark, seen.statistics, f"{name}_black")
    normalized = normalized_score(score, black, f"{name}_normalized")
    scores = (score, black) if normalized is None else (score, black, normalized)
    return {each.name: each for each in scores}


def _of_features(function, reference, name, seen):
    features, unseen = seen.generated[0], seen.unseen[0]
    score = function(features, getattr(seen, reference), unseen, name=name, **seen.common)
    return {name: score}


def _precision_recall(seen):
    features = seen.generated[0]
    if min(len(features), len(seen.real)) <= 4:
        return {}
    return precision_recall(
        features, shuffled(seen.real)[: len(features)], seen.unseen[0], **seen.common
    )


def _nearest(seen):
    pixels = Pixels(seen.images.shape[1:])
    training = seen.reference if seen.training is None else seen.training
    return {
        "nearest_features": nearest_score(
            seen.generated[0],
            seen.trained,
            seen.unseen[0],
            name="nearest_features",
            extractor=seen.extractor,
        ),
        "nearest_pixels": nearest_score(
            pixels(seen.images),
            pixels(training),
            None if seen.held_out is None else pixels(seen.held_out),
            name="nearest_pixels",
            extractor=pixels,
        ),
    }


def _class_accuracy(seen):
    if seen.labels is None or not hasattr(seen.extractor, "predict"):
        return {}
    real_accuracy = None
    if seen.held_out_labels is not None and seen.held_out is not None:
        hits = seen.unseen[1].argmax(1) == np.asarray(seen.held_out_labels)
        real_accuracy = float(np.mean(hits))
    predicted = seen.generated[1].argmax(1)
    score = class_accuracy(predicted, seen.labels, real_accuracy, extractor=seen.extractor)
    return {"class_accuracy": score}


def _inception_score(seen):
    logits = seen.generated[1]
    seen.require(logits, "inception_score", "an extractor that is a classifier")
    score = inception_score(logits, seen.unseen[1], extractor=seen.extractor)
    return {"inception_score": score}


def _pixel_metric(function, seen):
    return function(
        seen.images,
        shuffled(seen.reference)[:VALIDATION],
        seen.held_out,
        description=seen.description,
    )


def _image_text(seen):
    seen.require(seen.prompts, "image_text", "`prompts`, one text a class")
    encoder = getattr(seen.extractor, "embed_text", None)
    seen.require(encoder, "image_text", "an image-text encoder as extractor")
    shape = (min(len(seen.images), VALIDATION), *seen.images.shape[1:])
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    return image_text_scores(
        seen.generated[0],
        np.asarray(encoder(seen.prompts)),
        seen.labels,
        real=seen.unseen[0],
        real_labels=seen.held_out_labels,
        noise=seen.extractor(noise),
        extractor=seen.extractor,
        description=f"{len(seen.prompts)} texts, the first '{seen.prompts[0]}'",
    )


# "fid", "fmd" and "cmmd" are formulas under the names of papers: the Score says which extractor.
METRICS = {
    **{name: partial(_frechet, name) for name in ("frechet", "fid", "fmd")},
    "precision_recall": _precision_recall,
    "nearest": _nearest,
    "class_accuracy": _class_accuracy,
    "kid": partial(_of_features, kid_score, "real", "kid"),
    "mmd": partial(_of_features, mmd_score, "real", "mmd"),
    "cmmd": partial(_of_features, partial(mmd_score, **CMMD), "real", "cmmd"),
    "frechet_infinity": partial(
        _of_features, frechet_infinity_score, "statistics", "frechet_infinity"
    ),
    "inception_score": _inception_score,
    "psnr": partial(_pixel_metric, psnr_scores),
    "ssim": partial(_pixel_metric, ssim_scores),
    "image_text": _image_text,
}
DEFAULT = ("frechet", "precision_recall", "nearest", "class_accuracy")
