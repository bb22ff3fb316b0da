"""Images moved by random affine maps: turned, stretched, sheared and shifted a little."""

import numpy as np


def moved(images, spread, shift, generator, fill=0.0):
    """Returns each image under an affine map of its own, about its centre.

    Use it on digits and other images whose size and slant differ between writers, or between the
    domains of an adaptation.

    Formula: the new image at p is the old one at A (p - c) + c + t, bilinear, c the centre,
    A = identity + N(0, spread^2) in each entry, t uniform in [-shift, shift] each way.

    Args:
        images: float `(batch, height, width, channels)`.
        spread: float >= 0.
        shift: float >= 0, pixels.
        generator: numpy Generator; the maps depend on it alone, not on the backend.
        fill: float; what lies outside an image.

    Returns:
        float32 numpy array of the same shape.

    Example:
        ```python
        moved(images, spread=0.1, shift=2, generator=np.random.default_rng(0))
        ```

    References:
        French, Mackiewicz, Fisher 2018, arXiv:1706.05208, section 3.4: spread 0.1 and shifts of up
        to 2 pixels for MNIST and USPS.
    """
    count, height, width, channels = images.shape
    matrices = np.eye(2) + spread * generator.standard_normal((count, 2, 2))
    shifts = generator.uniform(-shift, shift, (count, 2))
    centre = np.array([height - 1, width - 1]) / 2
    grid = np.stack(np.mgrid[:height, :width], axis=-1).reshape(-1, 2) - centre
    places = np.einsum("nij,pj->npi", matrices, grid) + (centre + shifts)[:, None]

    # A border of one pixel on each side; what lies further out is moved onto it.
    padded = np.full((count, height + 2, width + 2, channels), fill, "float32")
    padded[:, 1:-1, 1:-1] = images
    pixels = padded.reshape(-1, channels)
    places = np.clip(places + 1, 0, (height + 1, width + 1))
    corners = np.minimum(places.astype("int64"), (height, width))
    down, right = np.moveaxis((places - corners).astype("float32"), 2, 0)[..., None]
    first = np.arange(count)[:, None] * (height + 2)
    flat = (first + corners[..., 0]) * (width + 2) + corners[..., 1]
    above = pixels[flat] * (1 - right) + pixels[flat + 1] * right
    below = pixels[flat + width + 2] * (1 - right) + pixels[flat + width + 3] * right
    return (above * (1 - down) + below * down).reshape(images.shape)
