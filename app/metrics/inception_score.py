"""Inception score: are single images clear, and all together varied, in a classifier's eyes?"""

import numpy as np

from app.metrics.floor import real_floor
from app.metrics.intervals import left_out_interval
from app.metrics.score import Score, measured_by


def inception_scores(logits, splits=10, seed=2020):
    """Returns `exp(mean_n KL(p(y | x_n) || mean_n p(y | x_n)))` of each split.

    Args:
        logits: `(n, classes)`; logits, or logarithms of probabilities, of any classifier.
        splits: int in [1, n]; parts of which each is scored alone.
        seed: int or None; the rows are shuffled first, as torch-fidelity does (samples in the order
            of their classes would score low). None: in the order given.

    Returns:
        float64 `(splits,)`, each from 1 to the number of classes.

    Raises:
        ValueError: if there are fewer rows than splits, or the logits are not `(n, classes)`.

    Example:
        >>> float(inception_scores(np.eye(4) * 100, splits=1)[0])  # sure, and every class
        4.0

    References:
        Salimans et al. 2016, arXiv:1606.03498v1, section 4.
    """
    logits = np.asarray(logits, np.float64)
    if logits.ndim != 2 or not 1 <= splits <= len(logits):
        raise ValueError(
            "Expected logits (samples, classes) with at least one sample a split. "
            f"Received: shape={logits.shape}, splits={splits}."
        )
    if seed is not None:
        # The old generator, because published codes draw with it.
        logits = logits[np.random.RandomState(seed).permutation(len(logits))]
    peaks = logits.max(1, keepdims=True)
    logs = logits - peaks - np.log(np.exp(logits - peaks).sum(1, keepdims=True))
    scores = []
    for part in range(splits):
        rows = logs[part * len(logs) // splits : (part + 1) * len(logs) // splits]
        likely = np.exp(rows)
        mean = likely.mean(0)
        seen = mean > 0  # a class whose probability is 0 everywhere adds nothing
        divergence = (likely * rows)[:, seen].sum(1) - likely[:, seen] @ np.log(mean[seen])
        scores.append(np.exp(divergence.mean()))
    return np.array(scores)


def inception_score(
    logits,
    held_out=None,
    *,
    splits=10,
    seed=2020,
    name="inception_score",
    extractor=None,
):
    """Measures how sure a classifier is of each image, and how many classes it sees in all.

    Use it to compare with papers that print it; it never looks at real images, and copies of one
    image a class score best. Published values use the 1,008 logits of the 2015 Inception network
    without their bias, 50,000 images and 10 splits; with another classifier nothing compares.

    Args:
        logits: `(n, classes)`; logits (or logarithms of probabilities) of the generated images.
        held_out: logits of real images, or None; the `floor` field, here what a perfect generator
            would reach at the same n.
        splits: int, at least 1; with fewer than 2 samples a split fewer splits are made, and the
            note says so.
        seed: int or None, as for `inception_scores`.
        name: str; name of the score.
        extractor: the classifier, for its name and digest, or None.

    Returns:
        Score, the mean over splits, with Student's 95 % interval of that mean (none for one split);
        the note names the logits. The spread over splits that papers print is not an error.

    Example:
        >>> inception_score(np.eye(10)[np.arange(100) % 10] * 50, splits=2).value > 8
        True
    """
    logits = np.asarray(logits)
    used = max(1, min(splits, len(logits) // 2))
    values = inception_scores(logits, used, seed)
    value, interval = float(values.mean()), None
    if used > 1:
        without_each = (values.sum() - values) / (used - 1)
        interval = left_out_interval(without_each, value, lowest=1.0)
    ceiling, missing = real_floor(
        lambda rows: inception_scores(rows, used, seed).mean(), held_out, len(logits)
    )
    made = f"{used} splits of the softmax of {logits.shape[1]} logits"
    return Score(
        name=name,
        value=value,
        samples=len(logits),
        floor=ceiling,
        interval=interval,
        **measured_by(extractor),
        note=f"{missing}; {made}" if missing else made,
    )
