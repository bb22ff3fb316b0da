"""All measures of one set of generated images, from one pass through the extractor."""

import numpy as np

from app.metrics.accuracy import class_accuracy
from app.metrics.features.pixels import Pixels
from app.metrics.frechet import Statistics, frechet_distance, frechet_score
from app.metrics.nearest import nearest_score
from app.metrics.precision_recall import precision_recall
from app.metrics.score import Score
from app.metrics.subsets import shuffled


def measure(
    images,
    reference,
    extractor,
    *,
    held_out=None,
    training=None,
    labels=None,
    held_out_labels=None,
    description=None,
):
    """Measures generated images against real ones.

    Use it where a run is judged: each set of images goes through the extractor once, and every
    value comes with n and with the same value of held-out real images.

    Args:
        images: uint8 `(n, height, width, channels)`; generated, n at least 2.
        reference: uint8 real images the Frechet distance is taken to.
        extractor: a feature extractor of `app.metrics.features`.
        held_out: uint8 real images, none of them in `reference` or `training`; best at least n.
        training: uint8 images the generator was trained on. Default: `reference`.
        labels: int `(n,)`; classes asked for. Default None: no class accuracy.
        held_out_labels: int; true classes of `held_out`, for the judge's own accuracy.
        description: str; what the reference is, e.g. "mnist train".

    Returns:
        dict of name to Score:
        "frechet" (raw, with floor and interval); "frechet_black", n all-black images, the far end
        of the scale; "frechet_normalized", 0 = the floor and 1 = all black (with a floor only);
        "precision" and "recall" against n real images at random (from 5 images on);
        "nearest_features" and "nearest_pixels", median distance to the nearest training image;
        "class_accuracy" (with labels, and an extractor that predicts).

    Example:
        ```python
        scores = measure(samples, train.images, DigitFeatures(), held_out=test.images)
        print(scores["frechet"])
        ```
    """
    training = reference if training is None else training
    features, predicted = _outputs(extractor, images)
    real = _outputs(extractor, reference)[0]
    trained = real if training is reference else _outputs(extractor, training)[0]
    unseen, unseen_predicted = (None, None) if held_out is None else _outputs(extractor, held_out)
    common = {"extractor": extractor, "description": description}

    statistics = Statistics.of(real)
    scores = {"frechet": frechet_score(features, statistics, unseen, **common)}
    scores |= _scale(scores["frechet"], extractor(np.zeros_like(images[:1])), statistics)
    if min(len(features), len(real)) > 4:
        scores |= precision_recall(features, shuffled(real)[: len(features)], unseen, **common)
    scores["nearest_features"] = nearest_score(
        features, trained, unseen, name="nearest_features", extractor=extractor
    )
    pixels = Pixels(images.shape[1:])
    scores["nearest_pixels"] = nearest_score(
        pixels(images),
        pixels(training),
        None if held_out is None else pixels(held_out),
        name="nearest_pixels",
        extractor=pixels,
    )
    if labels is not None and predicted is not None:
        real_accuracy = None
        if held_out_labels is not None and unseen_predicted is not None:
            real_accuracy = float(np.mean(unseen_predicted == np.asarray(held_out_labels)))
        scores["class_accuracy"] = class_accuracy(
            predicted, labels, real_accuracy, extractor=extractor
        )
    return scores


def _outputs(extractor, images):
    """Returns features, and the predicted classes if the extractor judges (else None)."""
    if not hasattr(extractor, "outputs"):
        return extractor(images), None
    features, logits = extractor.outputs(images)
    return features, logits.argmax(1)


def _scale(score, black, statistics):
    """Returns the distance of n all-black images, and the score between the floor and that."""
    # n equal images have no covariance: |m - black|^2 + tr(S) = distance of a single one.
    far = frechet_distance(Statistics.of(black), statistics)
    shared = {
        "samples": score.samples,
        "extractor": score.extractor,
        "extractor_digest": score.extractor_digest,
        "reference": score.reference,
        "reference_digest": score.reference_digest,
        "reference_samples": score.reference_samples,
    }
    scores = {"frechet_black": Score("frechet_black", far, **shared)}
    if score.floor is not None and far > score.floor:
        span = far - score.floor
        low, high = score.interval
        scores["frechet_normalized"] = Score(
            "frechet_normalized",
            (score.value - score.floor) / span,
            floor=0.0,
            interval=((low - score.floor) / span, (high - score.floor) / span),
            note="0 = held-out real images, 1 = all black",
            **shared,
        )
    return scores
