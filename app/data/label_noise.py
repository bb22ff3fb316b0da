"""Wrong labels made on purpose: symmetric, by pairs of classes, by the image.

All kinds are drawn from the clean labels at once, so that no label flips twice (or back), with
NumPy's PCG64: the same seed gives the same labels on every backend.
"""

import warnings

import numpy as np

from app.data.noisy_labels import checked, realised, warn_of_hopeless
from app.errors import UserError

CIFAR10 = tuple("airplane automobile bird cat deer dog frog horse ship truck".split())
# The classes that are taken for each other in the literature on asymmetric noise.
CIFAR10_PAIRS = {9: 1, 2: 0, 4: 7, 3: 5, 5: 3}  # truck automobile, bird plane, deer horse, cat dog
MNIST_PAIRS = {7: 1, 2: 7, 5: 6, 6: 5, 3: 8}


def symmetric(labels, classes, rate, seed=0, include_true=False):
    """Each label is replaced with probability `rate` by another, all equally likely.

    P(j | i) = rate / (classes - 1) for j != i; with `include_true`, the new label may be the old:
    rate / classes, so that only rate (1 - 1 / classes) of the labels are wrong (ten classes: 0.40
    gives 0.36). Papers mean either: Ma et al. 2020 exclude the true class, DivideMix includes it.

    Args:
        labels: whole numbers (count,), the clean labels.
        classes: number of classes, at least 2.
        rate: float in [0, 1); share of labels drawn anew.
        seed: whole number >= 0.
        include_true: bool; whether the draw may give the true class.

    Returns:
        NoisyLabels.

    Raises:
        UserError: a value out of range.

    Example:
        ```python
        symmetric(np.arange(10), 10, rate=0.4, seed=0).rate
        ```
    """
    labels, random = checked(labels, classes, rate, seed)
    wrong = rate * (1.0 - 1.0 / classes) if include_true else rate
    warn_of_hopeless(wrong, classes, "Take a lower rate.")
    drawn = random.random(len(labels)) < rate
    if include_true:
        others = random.integers(0, classes, len(labels))
    else:
        others = (labels + random.integers(1, classes, len(labels))) % classes
    kind = "true class included" if include_true else "true class excluded"
    noisy = np.where(drawn, others, labels)
    return realised(labels, noisy, classes, f"symmetric, {kind}, rate {rate}, seed {seed}")


def asymmetric(labels, classes, rate, pairs, seed=0):
    """Labels of some classes are replaced with probability `rate` by one class alike.

    P(pairs[i] | i) = rate for the classes i named in `pairs`; the others stay clean.

    Args:
        labels: whole numbers (count,), the clean labels.
        classes: number of classes.
        rate: float in [0, 1); share within each named class.
        pairs: dict from class to class, such as `CIFAR10_PAIRS` or `MNIST_PAIRS`.
        seed: whole number >= 0.

    Returns:
        NoisyLabels.

    Raises:
        UserError: a value out of range, or a pair that names no class or a class twice.

    Example:
        ```python
        asymmetric(np.arange(10), 10, rate=0.4, pairs=CIFAR10_PAIRS)
        ```
    """
    labels, random = checked(labels, classes, rate, seed)
    named = {*pairs, *pairs.values()}
    if not named <= set(range(classes)) or any(one == other for one, other in pairs.items()):
        raise UserError(
            f"Pairs of two different classes from 0 to {classes - 1} were expected. "
            f"Received: {pairs}. Name the classes of this data set."
        )
    if rate >= 0.5:
        warnings.warn(
            f"At a rate of {rate} at least half of a class bears the other's label; no method "
            "can tell which is right. Take less than 0.5.",
            stacklevel=2,
        )
    target = np.arange(classes)
    target[list(pairs)] = list(pairs.values())
    noisy = np.where(random.random(len(labels)) < rate, target[labels], labels)
    return realised(labels, noisy, classes, f"asymmetric {pairs}, rate {rate}, seed {seed}")


def instance_dependent(images, labels, classes, rate, seed=0, spread=0.1):
    """Which wrong class an image gets depends on the image; whether it gets one is chance.

    Each image has a rate of its own, r ~ N(rate, spread^2) cut to [0, 1], whatever it shows, and a
    random matrix for each class gives scores of the other classes, which images that look alike
    share: P(j | image, i) = r softmax_j(pixels W_i), j != i.

    Args:
        images: uint8 (count, height, width, channels).
        labels: whole numbers (count,), the clean labels.
        classes: number of classes, at least 2.
        rate: float in [0, 1); mean share of wrong labels. The cut moves it near the ends: with the
            default spread, 0.10 gives 0.13 and 0.01 gives 0.08. 0 gives none.
        seed: whole number >= 0.
        spread: float >= 0; standard deviation of the images' rates.

    Returns:
        NoisyLabels.

    Raises:
        UserError: a value out of range, or images and labels of different length.

    Example:
        ```python
        instance_dependent(np.zeros((10, 8, 8, 1), "uint8"), np.arange(10), 10, rate=0.4)
        ```

    References:
        Xia et al. 2020, arXiv:2006.07836, algorithm 2 (here pixels are standardised, class by
        class, and a rate of 0 is no noise: there, the cut normal would leave 8 % wrong).
    """
    labels, random = checked(labels, classes, rate, seed)
    if len(images) != len(labels):
        raise UserError(
            f"One label for each image was expected. Received: {len(images)} images, "
            f"{len(labels)} labels. Pass both of the same data set."
        )
    rates = np.full(len(labels), float(rate))
    outside = np.full(len(labels), spread > 0 and rate > 0)
    while outside.any():
        rates[outside] = random.normal(rate, spread, outside.sum())
        outside = (rates < 0) | (rates > 1)
    noisy = labels.copy()
    for label in range(classes):
        members = np.flatnonzero(labels == label)
        if not len(members):
            continue
        pixels = np.reshape(images[members], (len(members), -1)).astype("float64")
        pixels = (pixels - pixels.mean()) / (pixels.std() + 1e-12)
        scores = pixels @ random.normal(size=(pixels.shape[1], classes))
        scores[:, label] = -np.inf
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        shares = shares * rates[members, None]
        shares[:, label] = 1.0 - rates[members]
        steps = np.cumsum(shares, axis=1)
        draws = random.random(len(members)) * steps[:, -1]
        noisy[members] = np.sum(draws[:, None] >= steps, axis=1)
    found = realised(
        labels, noisy, classes, f"instance-dependent, rate {rate}, spread {spread}, seed {seed}"
    )
    warn_of_hopeless(found.rate, classes, "Take a lower rate.")
    return found
