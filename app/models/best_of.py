"""Best of n: several candidates an image, of which the one that fits its text best is kept."""

import numpy as np

from app.errors import UserError
from app.metrics.mmd import unit_rows

# Candidate j of image i is the picture of index i + j * APART: candidate 0 is the image itself.
APART = 2**24
MOST = 64  # candidates: their indices stay below 2^31


def best_of(draw, extractor, texts, candidates, first_index):
    """Draws candidates of each image and keeps the most similar to its text.

    Use it where an image-text encoder judges better than the sampler obeys. It costs `candidates`
    times the drawing. The result hangs on seed and index alone, as every picture does, and with
    more candidates no image gets a lower similarity.

    Args:
        draw: function of a first index, giving uint8 images (count, height, width, channels).
        extractor: an image-text extractor.
        texts: float (count, dimension), the text of each image, rows of length one.
        candidates: int in [1, 64].
        first_index: int; index of the first image, below 2^24 with the count.

    Returns:
        (images, similarities float32 (count, candidates), chosen int (count,)).

    Raises:
        UserError: an index that candidates of other images have.

    Example:
        ```python
        draw = functools.partial(draw_images, model, labels=labels)
        best_of(lambda first: draw(first_index=first), extractor, texts, 4, 0)
        ```

    References:
        Ramesh et al. 2021, arXiv:2102.12092v2, section 2.6 (there by CLIP, of 512).
    """
    if not 1 <= candidates <= MOST:
        raise UserError(f"The candidates must be 1 to {MOST}. Received: {candidates}.")
    if first_index + len(texts) > APART:
        raise UserError(
            f"Best of {candidates} needs indices below {APART}: those above it are of other "
            f"candidates. Received: {first_index} to {first_index + len(texts) - 1}."
        )
    images, similarities, chosen = None, [], None
    for candidate in range(candidates):
        drawn = draw(first_index + candidate * APART)
        found = np.sum(unit_rows(extractor(drawn)) * texts, axis=1).astype("float32")
        if images is None:
            images, chosen = drawn.copy(), np.zeros(len(drawn), "int64")
            best = found.copy()
        better = found > best
        images[better], best[better], chosen[better] = drawn[better], found[better], candidate
        similarities.append(found)
    return images, np.stack(similarities, axis=1), chosen
