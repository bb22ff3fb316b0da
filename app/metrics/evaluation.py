"""All measures of one set of generated images, from one pass through the extractor."""

from app.metrics.feature_pass import FeaturePass
from app.metrics.plan import Plan
from app.metrics.registry import METRICS


def measure(
    images,
    reference,
    extractor,
    *,
    metrics=None,
    held_out=None,
    training=None,
    labels=None,
    held_out_labels=None,
    prompts=None,
    description=None,
    cache=None,
):
    """Measures generated images against real ones.

    Use it where a run is judged: each set of images goes through the extractor once, and every
    value comes with n and with the same value of held-out real images.

    Args:
        images: uint8 `(n, height, width, channels)`; generated, n at least 2.
        reference: uint8 real images the distances are taken to.
        extractor: a feature extractor of `app.metrics.features`.
        metrics: names from `app.metrics.registry.METRICS`, see below. Default: those of `DEFAULT`
            that can be computed.
        held_out: uint8 real images, none of them in `reference` or `training`; best at least n.
        training: uint8 images the generator was trained on. Default: `reference`.
        labels: int `(n,)`; classes asked for. Default None: no class accuracy.
        held_out_labels: int; true classes of `held_out`, for the judge's own accuracy.
        prompts: one text a class, e.g. "a photo of a cat", for "image_text".
        description: str; what the reference is, e.g. "mnist train".
        cache: `app.metrics.feature_cache.FeatureCache`, or None to keep no features.

    Returns:
        dict of name to Score. By default:
        "frechet" (raw, with floor and interval); "frechet_black", n all-black images, the far end
        of the scale; "frechet_normalized", 0 = the floor and 1 = all black (with a floor only);
        "precision" and "recall" against n real images at random (from 5 images on);
        "nearest_features" and "nearest_pixels", median distance to the nearest training image;
        "class_accuracy" (with labels, and an extractor that predicts); "attribute_control" and
        what it is the mean of, of runs only.
        The metric "fid" or "fmd" gives the first three under that name; "kid", "mmd" (median
        width), "cmmd", "frechet_infinity" (slow) and "inception_score" one each; "psnr", "ssim"
        (against 100 of the reference) and "image_text" several.

    Raises:
        ValueError: if a metric has no such name, or lacks something; the sentence says what, before
            any image is passed through.

    Example:
        ```python
        scores = measure(samples, train.images, DigitFeatures(), held_out=test.images)
        print(scores["frechet"])
        ```
    """
    plan = Plan(
        len(images),
        images.shape[1:],
        extractor,
        len(reference),
        reference.shape[1:],
        labels is not None,
        prompts,
    )
    metrics = plan.chosen(metrics)
    seen = FeaturePass(
        images=images,
        reference=reference,
        extractor=extractor,
        held_out=held_out,
        training=training,
        labels=labels,
        held_out_labels=held_out_labels,
        prompts=prompts,
        description=description,
        cache=cache,
    )
    return scores_of(seen, metrics)


def scores_of(seen, metrics):
    """Returns the Scores of a `FeaturePass` by name; `Plan.chosen` says which metrics it can bear.

    Args:
        seen: the `FeaturePass`.
        metrics: names from `app.metrics.registry.METRICS`.
    """
    scores = {}
    for name in metrics:
        scores |= METRICS[name](seen)
    return scores
