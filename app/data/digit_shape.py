"""What can be measured of the shape of a digit: stroke, proportions, slant, holes, weight."""

import numpy as np
from scipy import ndimage

INK = 96  # of 255: pixels from here on count as ink; thin strokes stay whole
HOLE = 3  # pixels: smaller gaps in a stroke are no holes
BLOCK = 1000  # images measured at a time, for the memory
NEIGHBOURS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)  # of the background: no diagonals


def digit_shape(images):
    """Measures the shape of light digits on black, each image by itself.

    Formula, with ink the pixels of `INK` or more, the box the smallest that holds them, x to the
    right and y upwards:
        stroke = mean over the ink of the distance to the nearest pixel without ink, pixels; a bar
            2 wide has 1, 3 wide 4/3, 4 wide 3/2
        aspect = width of the box / height of the box
        slant = cov(x, y) / var(y) over the ink: the tangent of the lean, positive to the right
        holes = connected parts of the rest, at least `HOLE` pixels each, that do not reach the
            edge of the image
        balance = (grey in the upper half of the box - grey in the lower half) / grey in the box; a
            middle row counts for neither
        symmetry = 1 - sum |box - mirrored box| / (2 grey in the box), mirrored left to right

    Args:
        images: uint8 (count, height, width, 1), light on dark.

    Returns:
        dict of float64 (count,) by these names; all 0 for an image without ink.

    Example:
        >>> ring = np.full((1, 9, 9, 1), 0, "uint8")
        >>> ring[0, 2:7, 2:7], ring[0, 3:6, 3:6] = 255, 0
        >>> digit_shape(ring)["holes"].tolist()
        [1.0]
    """
    parts = [
        _measured(np.asarray(images[begin : begin + BLOCK])[..., 0])
        for begin in range(0, len(images), BLOCK)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _measured(grey):
    """The measures of one block of images, uint8 (count, height, width)."""
    count, height, width = grey.shape
    ink, grey = grey >= INK, grey.astype(np.float64)
    amount = np.maximum(ink.sum((1, 2)), 1)
    y, x = np.arange(height), np.arange(width)
    top, bottom = _ends(ink.any(2))
    left, right = _ends(ink.any(1))
    high, wide = bottom - top + 1, right - left + 1

    by_row, by_column = ink.sum(2), ink.sum(1)
    mean_y, mean_x = by_row @ y / amount, by_column @ x / amount
    variance = by_row @ y**2 / amount - mean_y**2
    product = np.einsum("nij,i,j->n", ink, y, x, optimize=True) / amount - mean_x * mean_y
    slant = -product / np.where(variance > 0, variance, 1.0)  # rows count downwards

    inside = (x >= left[:, None]) & (x <= right[:, None])
    box = grey * inside[:, None, :] * ((y >= top[:, None]) & (y <= bottom[:, None]))[:, :, None]
    whole, rows = np.maximum(box.sum((1, 2)), 1.0), box.sum(2)
    upper = (rows * (y < (top + high // 2)[:, None])).sum(1)
    lower = (rows * (y > (bottom - high // 2)[:, None])).sum(1)
    opposite = np.clip((left + right)[:, None] - x, 0, width - 1)
    mirrored = np.take_along_axis(box, np.broadcast_to(opposite[:, None], box.shape), 2)
    unlike = (np.abs(box - mirrored) * inside[:, None, :]).sum((1, 2))

    seen = ink.any((1, 2))
    return {
        "stroke": _distances(ink).sum((1, 2)) / amount,
        "aspect": np.where(seen, wide / high, 0.0),
        "slant": np.where(seen, slant, 0.0),
        "holes": _holes(ink),
        "balance": (upper - lower) / whole,
        "symmetry": np.where(seen, 1.0 - unlike / (2.0 * whole), 0.0),
    }


def _ends(lines):
    """First and last line with ink, (count,) each, of bool (count, lines)."""
    return lines.argmax(1), lines.shape[1] - 1 - lines[:, ::-1].argmax(1)


def _distances(ink):
    """Distance of each pixel of ink to the nearest without, 0 elsewhere; images lie far apart."""
    padded = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    far = float(sum(ink.shape[1:]) + 2)
    return ndimage.distance_transform_edt(padded, sampling=(far, 1.0, 1.0))[:, 1:-1, 1:-1]


def _holes(ink):
    """Holes of each image; all images are taken at once, none a neighbour of another."""
    structure = np.zeros((3, 3, 3), bool)
    structure[1] = NEIGHBOURS
    rest = np.pad(~ink, ((0, 0), (1, 1), (1, 1)), constant_values=True)
    parts, count = ndimage.label(rest, structure)
    enclosed = np.bincount(parts.ravel(), minlength=count + 1) >= HOLE
    enclosed[0] = False
    enclosed[parts[:, 0, 0]] = False  # the outside, one part an image
    owners = np.array([place[0].start for place in ndimage.find_objects(parts)])
    return np.bincount(owners[enclosed[1:]], minlength=len(ink)).astype(np.float64)
