"""Do images show what the text says? From embeddings of an image-text encoder such as CLIP.

A cosine similarity has no chance level: what real images reach, and what pure noise reaches, stand
beside every value. Only the matching accuracy has one, 1 / number of texts.
"""

import numpy as np

from app.data.subsets import shuffled
from app.metrics.intervals import jackknife_interval, proportion_interval
from app.metrics.mmd import unit_rows
from app.metrics.score import Score, digest, measured_by


def similarity_matrix(images, texts):
    """Returns cosine similarities `(images, texts)`, float64 in [-1, 1].

    Args:
        images: image embeddings `(n, dimension)`.
        texts: text embeddings `(texts, dimension)` of the same encoder.

    Raises:
        ValueError: if the dimensions differ.

    Example:
        >>> similarity_matrix(np.array([[2.0, 0.0]]), np.eye(2)).tolist()
        [[1.0, 0.0]]
    """
    images, texts = unit_rows(images), unit_rows(texts)
    if images.ndim != 2 or texts.ndim != 2 or images.shape[1] != texts.shape[1]:
        raise ValueError(
            "Embeddings of images and texts must be (samples, dimension) of one encoder. "
            f"Received: {images.shape} and {texts.shape}."
        )
    return images @ texts.T


def clip_score(similarities, convention="torchmetrics"):
    """Returns the CLIP score of images and their own texts.

    Args:
        similarities: `(n,)`; cosine of each image with its text.
        convention: "torchmetrics": `max(mean 100 cos, 0)`, cut off after the mean, as that library
            does; "hessel": `mean 2.5 max(cos, 0)`, as the paper.

    Raises:
        ValueError: if there is no such convention.

    Example:
        >>> clip_score([0.25, -0.05]), clip_score([0.25, -0.05], "hessel")
        (10.0, 0.3125)

    References:
        Hessel et al. 2021, arXiv:2104.08718v3, section 3; torchmetrics 1.x, CLIPScore.
    """
    similarities = np.asarray(similarities, np.float64)
    if convention == "torchmetrics":
        return max(float(np.mean(100 * similarities)), 0.0)
    if convention == "hessel":
        return float(np.mean(2.5 * np.maximum(similarities, 0)))
    raise ValueError(
        f"There are two conventions, 'torchmetrics' and 'hessel'. Received: '{convention}'."
    )


def image_text_scores(
    images,
    texts,
    labels=None,
    *,
    real=None,
    real_labels=None,
    noise=None,
    extractor=None,
    description=None,
):
    """Measures generated images against one text a class, e.g. "a photo of a {class}".

    Use it with conditional models: the accuracy tells whether the intended text fits best, the
    similarity how well. The similarity with the best text needs no labels and says the least.

    Args:
        images: image embeddings `(n, dimension)` of generated images.
        texts: text embeddings `(classes, dimension)`, one a class, in the order of the labels.
        labels: int `(n,)`, the text each image was made for, or None (then only
            "top1_similarity").
        real: embeddings of real images, or None; their values are the `floor` fields, here what a
            perfect generator would reach. If there are more, n at random count.
        real_labels: int; classes of `real`.
        noise: embeddings of images of pure noise, or None; they add "top1_similarity_noise".
        extractor: the encoder, for its name and digest, or None.
        description: str; what the texts are, in words.

    Returns:
        dict of Scores: "top1_similarity", and with labels "intended_similarity",
        "matching_accuracy" (Wilson's interval), "clip_score" (0 to 100, torchmetrics) and
        "clip_score_hessel" (0 to 2.5); with noise "top1_similarity_noise".

    Raises:
        ValueError: if the dimensions differ, or a label has no image or no text.

    Example:
        >>> scores = image_text_scores(np.eye(3), np.eye(3), [0, 1, 1])
        >>> round(scores["matching_accuracy"].value, 3), scores["top1_similarity"].value
        (0.667, 1.0)
    """
    matrix = similarity_matrix(images, texts)
    values = _values(matrix, labels)
    ceilings = {}
    if real is not None:
        order = shuffled(np.arange(len(real)))[: len(matrix)]
        known = None if real_labels is None else np.asarray(real_labels)[order]
        ceilings = _values(similarity_matrix(np.asarray(real)[order], texts), known)
    shared = {
        **measured_by(extractor),
        "reference": description,
        "reference_digest": digest(np.asarray(texts)),
        "reference_samples": len(texts),
    }
    scores = {}
    for name, each in values.items():
        scores[name] = Score(
            name,
            _reduce(name, each),
            len(each),
            floor=_reduce(name, ceilings[name]) if name in ceilings else None,
            interval=_interval(name, each),
            note="" if name in ceilings else "no value of real images",
            **shared,
        )
    if noise is not None:
        each = similarity_matrix(noise, texts).max(1)
        scores["top1_similarity_noise"] = Score(
            "top1_similarity_noise", float(each.mean()), len(each), note="pure noise", **shared
        )
    return scores


def _values(matrix, labels):
    """Returns for each measure one number an image; the score is their mean or a function of it."""
    values = {"top1_similarity": matrix.max(1)}
    if labels is None:
        return values
    labels = np.asarray(labels)
    if labels.shape != matrix.shape[:1] or not np.all((0 <= labels) & (labels < matrix.shape[1])):
        raise ValueError(
            f"Expected one label in [0, {matrix.shape[1]}) for each of {len(matrix)} images. "
            f"Received: shape={labels.shape}"
            + (f", from {labels.min()} to {labels.max()}." if labels.size else ".")
        )
    intended = matrix[np.arange(len(matrix)), labels]
    values["intended_similarity"] = intended
    values["matching_accuracy"] = (matrix.argmax(1) == labels).astype(np.float64)
    return values | {"clip_score": intended, "clip_score_hessel": intended}


def _reduce(name, values):
    if name == "clip_score":
        return clip_score(values)
    if name == "clip_score_hessel":
        return clip_score(values, "hessel")
    return float(np.mean(values))


def _interval(name, values):
    if name == "matching_accuracy":
        return proportion_interval(values.sum(), len(values))
    if len(values) < 2:
        return None
    lowest = 0.0 if name.startswith("clip") else -1.0
    return jackknife_interval(
        values, lambda rows: _reduce(name, rows), _reduce(name, values), lowest=lowest
    )
