"""Between two pictures: between their starts on a sphere, between their conditions in the model."""

from keras import ops

from app.diffusion.targets import Estimate, align


def spherical(first, second, share):
    """Returns noise between two noises, on the arc between them: as long as noise is.

    Use it for the starts of a path between two pictures. Straight lines would pass through noise
    of too small a variance, which no step of the training ever showed.

    Formula, theta the angle between the two: `sin((1 - share) theta) / sin(theta) first +
    sin(share theta) / sin(theta) second`; the straight line where they are parallel.

    Args:
        first: float (batch, height, width, channels).
        second: the same shape.
        share: float (batch,) in [0, 1]; 0 is `first`, 1 is `second`.

    Returns:
        float32, the same shape.

    Example:
        ```python
        middle = spherical(noise[:1], noise[1:], np.array([0.5]))
        ```

    Source: Shoemake 1985, "Animating rotation with quaternion curves"; for diffusion Song, Meng,
    Ermon 2020, arXiv:2010.02502v4, section 5.3 and appendix D.5.
    """
    first, second = ops.cast(first, "float32"), ops.cast(second, "float32")
    share = align(ops.cast(share, "float32"), first)
    inner = ops.sum(first * second, axis=(1, 2, 3), keepdims=True)
    lengths = ops.sum(first**2, axis=(1, 2, 3), keepdims=True)
    lengths = lengths * ops.sum(second**2, axis=(1, 2, 3), keepdims=True)
    cosine = ops.clip(inner / ops.sqrt(ops.maximum(lengths, 1e-20)), -1.0, 1.0)
    angle = ops.arccos(cosine)
    bent = ops.sin(angle) > 1e-4
    sine = ops.where(bent, ops.sin(angle), 1.0)
    before = ops.where(bent, ops.sin((1.0 - share) * angle) / sine, 1.0 - share)
    after = ops.where(bent, ops.sin(share * angle) / sine, share)
    return before * first + after * second


def between(denoiser, share):
    """Returns a denoiser of pairs of conditions, its estimates `share` of the way between theirs.

    Use it for pictures between two classes. It knows nothing of the network, so that any kind of
    condition will do, and guidance may be inside. A step costs two evaluations.

    Formula: `estimate = (1 - share) estimate(first) + share estimate(second)`, which is the score
    of the product `p(noisy | first)^(1 - share) p(noisy | second)^share`: what both allow.

    Args:
        denoiser: function `(noisy, time, condition) -> Estimate`.
        share: float (batch,) in [0, 1]; 0 is the first condition alone.

    Returns:
        A function `(noisy, time, (first, second)) -> Estimate`.

    Example:
        ```python
        clean, _ = between(denoise, np.full(8, 0.5))(noisy, time, (threes, eights))
        ```
    """

    def denoise(noisy, time, condition):
        part = align(ops.cast(share, "float32"), noisy)
        pairs = zip(*(denoiser(noisy, time, each) for each in condition), strict=True)
        return Estimate(*((1.0 - part) * one + part * other for one, other in pairs))

    return denoise
