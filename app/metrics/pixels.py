"""PSNR and SSIM of each generated image against real ones, averaged over all pairs.

They were made to compare an image with its own degraded copy. Against images of another subject
they say little: an all-black image and the mean image beat real ones, so their values stand beside.
"""

import numpy as np

from app.metrics.distances import BLOCK, blocks, squared_distances
from app.metrics.features.pixels import Pixels
from app.metrics.floor import real_floor
from app.metrics.intervals import jackknife_interval
from app.metrics.score import Score, digest

HELD = 1000  # images held at once
WINDOW, WIDTH = 11, 1.5  # pixels; Gaussian window of SSIM and its standard deviation
MOST_PSNR = 100.0  # dB, for pairs that are equal


def psnr_of_pairs(images, references, maximum=255.0):
    """Returns the peak signal-to-noise ratio of every pair, in dB.

    Formula: `20 log10(maximum / sqrt(mean squared error))`, at most 100 dB, so that an image that
    is a copy does not make the mean infinite.

    Args:
        images: `(n, height, width, channels)` in [0, maximum], or beyond, if clipping shall not
            hide it.
        references: `(m, height, width, channels)`.
        maximum: float above 0; MAX, the largest value a pixel can have.

    Returns:
        float64 `(n, m)`.

    Example:
        >>> white = np.full((1, 4, 4, 1), 255, "uint8")
        >>> float(psnr_of_pairs(white, white * 0)[0, 0])
        0.0
    """
    first, second = (np.reshape(each, (len(each), -1)) for each in (images, references))
    table = np.empty((len(first), len(second)))
    for start, rows in blocks(first):
        table[start : start + BLOCK] = squared_distances(rows, second) / first.shape[1]
    least = maximum**2 / 10 ** (MOST_PSNR / 10)
    return 10 * np.log10(maximum**2 / np.maximum(table, least))


def ssim_of_pairs(images, references, maximum=255.0):
    """Returns the structural similarity of every pair, the mean over windows and channels.

    Formula: `(2 ma mb + c1) (2 cov + c2) / ((ma^2 + mb^2 + c1) (va + vb + c2))` in each Gaussian
    window (11 pixels, sigma 1.5) that lies inside the image, `c1 = (0.01 MAX)^2`,
    `c2 = (0.03 MAX)^2`.

    Args:
        images: `(n, height, width, channels)` in [0, maximum], at least 11x11.
        references: `(m, height, width, channels)`.
        maximum: float above 0; MAX.

    Returns:
        float64 `(n, m)` in [-1, 1].

    Raises:
        ValueError: if the images are smaller than the window.

    Example:
        >>> image = np.random.default_rng(0).integers(0, 256, (1, 16, 16, 1))
        >>> round(float(ssim_of_pairs(image, image)[0, 0]), 9)
        1.0

    References:
        Wang et al. 2004, IEEE Transactions on Image Processing 13, 600-612, eq. 13 (colour images
        there as luma, here as the mean over channels, as TensorFlow and Keras).
    """
    if min(np.shape(images)[1:3]) < WINDOW:
        raise ValueError(
            f"SSIM looks through windows of {WINDOW}x{WINDOW} pixels. Received images of "
            f"{np.shape(images)[1]}x{np.shape(images)[2]}: enlarge them first, or use PSNR only."
        )
    first, second = (_planes(each) for each in (images, references))
    rows, columns = (_windows(size) for size in first.shape[-2:])

    def smooth(planes):
        return rows @ planes @ columns.T

    c1, c2 = (0.01 * maximum) ** 2, (0.03 * maximum) ** 2
    means = smooth(second)
    variances = smooth(second**2) - means**2
    table = np.empty((len(first), len(second)))
    for index, image in enumerate(first):
        mean = smooth(image)
        variance = smooth(image**2) - mean**2
        covariance = smooth(image * second) - mean * means
        light = (2 * mean * means + c1) / (mean**2 + means**2 + c1)
        shape = (2 * covariance + c2) / (variance + variances + c2)
        table[index] = (light * shape).mean((1, 2, 3))
    return table


def psnr_scores(generated, real, held_out=None, *, unclipped=None, maximum=255.0, description=None):
    """Measures generated images against real ones by PSNR, beside what trivial images reach.

    Each generated image is held against every real one, and all pairs averaged.

    Args:
        generated: `(n, height, width, channels)`, uint8 or float; clipped to [0, maximum].
        real: `(m, height, width, channels)`, e.g. 100 validation images.
        held_out: other real images, or None; real against real is the `floor` field.
        unclipped: float generated images as the model left them, on the same scale, or None.
        maximum: float above 0; MAX. Default 255, for uint8.
        description: str; what the real set is, in words.

    Returns:
        dict of Scores in dB: "psnr"; with `unclipped`, "psnr_unclipped" (lower, even negative, if a
        model leaves the range); "psnr_black" and "psnr_mean_image" of an all-black image and of the
        mean of `real`. Intervals (95 %) tell how the score would vary with other samples, the real
        set held fixed.

    Example:
        >>> images = np.random.default_rng(0).integers(0, 256, (9, 4, 4, 1))
        >>> sorted(psnr_scores(images[:3], images[3:]))
        ['psnr', 'psnr_black', 'psnr_mean_image']
    """
    note = f"MAX {maximum:g}, clipped to [0, {maximum:g}]"
    scores = _scores("psnr", psnr_of_pairs, generated, real, held_out, maximum, description, note)
    if unclipped is not None:
        raw = _values(psnr_of_pairs, unclipped, real, maximum)
        fields = {"real": np.asarray(real), "description": description, "note": f"MAX {maximum:g}"}
        scores["psnr_unclipped"] = _score("psnr_unclipped", raw, **fields)
    return scores


def ssim_scores(generated, real, held_out=None, *, maximum=255.0, description=None):
    """Measures generated images against real ones by SSIM, beside what trivial images reach.

    Args:
        generated: `(n, height, width, channels)`, at least 11x11, uint8 or float.
        real: `(m, height, width, channels)`, e.g. 100 validation images.
        held_out: other real images, or None; real against real is the `floor` field.
        maximum: float above 0; MAX. Default 255, for uint8. Images are clipped to [0, maximum].
        description: str; what the real set is, in words.

    Returns:
        dict of Scores: "ssim", "ssim_black" and "ssim_mean_image"; intervals as for `psnr_scores`.

    Raises:
        ValueError: if the images are smaller than 11x11.

    Example:
        >>> images = np.random.default_rng(0).integers(0, 256, (9, 12, 12, 1))
        >>> sorted(ssim_scores(images[:3], images[3:]))
        ['ssim', 'ssim_black', 'ssim_mean_image']
    """
    note = f"MAX {maximum:g}, clipped to [0, {maximum:g}], Gaussian window of 11"
    return _scores("ssim", ssim_of_pairs, generated, real, held_out, maximum, description, note)


def _scores(name, pairs, generated, real, held_out, maximum, description, note):
    """Returns the score of the clipped images with its floor, and those of black and mean image."""

    def values(images):
        return _values(pairs, images, real, maximum, clip=True)

    floor, missing = real_floor(
        lambda rows: np.mean(np.concatenate([values(held_out[r]) for _, r in blocks(rows, HELD)])),
        None if held_out is None else np.arange(len(held_out)),
        len(generated),
        most=1,
    )
    note = f"{missing}; {note}" if missing else note
    real = np.asarray(real)
    mean = np.mean(real.astype(np.float64), 0, keepdims=True)
    shared = {"real": real, "description": description}
    return {
        name: _score(name, values(generated), floor=floor, note=note, **shared),
        f"{name}_black": _score(f"{name}_black", values(np.zeros_like(mean)), **shared),
        f"{name}_mean_image": _score(f"{name}_mean_image", values(mean), **shared),
    }


def _values(pairs, images, real, maximum, clip=False):
    """Returns the mean over the real images for each image, which are read in blocks."""
    parts = []
    for _, block in blocks(images, HELD):
        parts.append(pairs(np.clip(block, 0, maximum) if clip else block, real, maximum).mean(1))
    return np.concatenate(parts)


def _score(name, values, *, real, description, **fields):
    interval = None
    if len(values) > 1:
        interval = jackknife_interval(values, np.mean, values.mean(), lowest=-np.inf)
    return Score(
        name=name,
        value=float(values.mean()),
        samples=len(values),
        interval=interval,
        extractor=Pixels.name,
        extractor_digest=Pixels(real.shape[1:]).digest,
        reference=description,
        reference_digest=digest(np.asarray(real)),
        reference_samples=len(real),
        **fields,
    )


def _planes(images):
    """Returns float64 `(samples, channels, height, width)`."""
    return np.moveaxis(np.asarray(images, np.float64), 3, 1)


def _windows(size):
    """Returns `(size - 10, size)`: in each row the Gaussian weights of one window."""
    distance = np.arange(WINDOW) - WINDOW // 2
    weights = np.exp(-0.5 * (distance / WIDTH) ** 2)
    count = size - WINDOW + 1
    windows = np.zeros((count, size))
    for shift, weight in enumerate(weights / weights.sum()):
        windows[np.arange(count), np.arange(count) + shift] = weight
    return windows
