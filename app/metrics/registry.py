"""The metrics by name: each makes Scores of one `FeaturePass` that a `Plan` has found fit."""

from functools import partial

import numpy as np

from app.data.subsets import random_rows
from app.metrics.accuracy import class_accuracy
from app.metrics.attribute_control import control_scores
from app.metrics.extrapolation import frechet_infinity_score
from app.metrics.features.pixels import Pixels
from app.metrics.frechet import frechet_score
from app.metrics.image_text import image_text_scores
from app.metrics.inception_score import inception_score
from app.metrics.kid import kid_score
from app.metrics.mmd import CMMD, mmd_score
from app.metrics.nearest import nearest_score
from app.metrics.normalized import black_score, normalized_score
from app.metrics.pixel_rows import PixelRows
from app.metrics.pixels import psnr_scores, ssim_scores
from app.metrics.precision_recall import precision_recall

PAIRED = 100  # images that pixel metrics and texts hold each generated one against


def _frechet(name, seen, draws=None):
    score = frechet_score(
        seen.generated[0], seen.statistics, seen.unseen[0], name=name, draws=draws, **seen.common
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
    return precision_recall(
        features, random_rows(seen.real, len(features)), seen.unseen[0], **seen.common
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
            PixelRows(seen.images),
            PixelRows(training),
            None if seen.held_out is None else PixelRows(seen.held_out),
            name="nearest_pixels",
            extractor=pixels,
        ),
    }


def _class_accuracy(seen):
    real_accuracy = None
    if seen.held_out_labels is not None and seen.held_out is not None:
        hits = seen.unseen[1].argmax(1) == np.asarray(seen.held_out_labels)
        real_accuracy = float(np.mean(hits))
    predicted = seen.generated[1].argmax(1)
    score = class_accuracy(predicted, seen.labels, real_accuracy, extractor=seen.extractor)
    return {"class_accuracy": score}


def _attribute_control(seen):
    return control_scores(seen.drawn, None if seen.held_out is None else seen.held_out[:])


def _inception_score(seen):
    score = inception_score(seen.generated[1], seen.unseen[1], extractor=seen.extractor)
    return {"inception_score": score}


def _pixel_metric(function, seen, **more):
    return function(
        seen.images,
        random_rows(seen.reference, PAIRED)[:],
        seen.held_out,
        description=seen.description,
        **more,
    )


def _psnr(seen):
    return _pixel_metric(psnr_scores, seen, unclipped=seen.unclipped)


def _image_text(seen):
    shape = (min(len(seen.images), PAIRED), *seen.images.shape[1:])
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    return image_text_scores(
        seen.generated[0],
        np.asarray(seen.extractor.embed_text(seen.prompts)),
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
    "fmd_15": partial(_frechet, "fmd", draws=15),  # its 0 as reports have it, of 15 random draws
    "precision_recall": _precision_recall,
    "nearest": _nearest,
    "class_accuracy": _class_accuracy,
    "attribute_control": _attribute_control,
    "kid": partial(_of_features, kid_score, "real", "kid"),
    "mmd": partial(_of_features, mmd_score, "real", "mmd"),
    "cmmd": partial(_of_features, partial(mmd_score, **CMMD), "real", "cmmd"),
    "frechet_infinity": partial(
        _of_features, frechet_infinity_score, "statistics", "frechet_infinity"
    ),
    "inception_score": _inception_score,
    "psnr": _psnr,
    "ssim": partial(_pixel_metric, ssim_scores),
    "image_text": _image_text,
}
DEFAULT = ("frechet", "precision_recall", "nearest", "class_accuracy", "attribute_control")
