"""Random numbers for sampling: the same picture from the same seed, on every backend.

The generators of TensorFlow and JAX disagree with each other, TensorFlow's with itself under XLA,
and all of them with a batch of another size. This one is counter based: the noise of an image is a
pure function of (seed, image index, step, stream), so a grid does not change with the batch size,
and a run that goes on after a stop goes on with the pictures it would have drawn.

The block function is Threefry-2x32 with 20 rounds: additions, exclusive ors and rotations of
32-bit words. Key = (seed, image index), counter = (pair of pixels, 16 * step + stream).
Source: Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3",
section 3.3; checked against the known answers that Random123 publishes.

What is relied on: `add`, `bitwise_or`, `bitwise_xor` and shifts of uint32 tensors, which wrap and
shift in zeros. TensorFlow and JAX have them on the CPU and under XLA. On a GPU without XLA,
TensorFlow adds uint32 on the device, but int32 on the host: hence uint32. (Untested on a GPU: an
operation without a kernel there is placed on the CPU, which is slower, not different.)
"""

import math
from numbers import Integral

from keras import ops

# Streams: different uses of noise within one step of one image. At most 16.
START, CHURN, PREDICTOR, CORRECTOR = range(4)
STREAMS = 16

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA


def threefry(key, counter):
    """Returns the two uint32 words that Threefry-2x32-20 makes of a key and a counter.

    Args:
        key: pair of uint32 tensors, broadcastable with the counter.
        counter: pair of uint32 tensors.

    Example:
        ```python
        zero = ops.zeros((1,), dtype="uint32")
        threefry((zero, zero), (zero, zero))  # 0x6b200159, 0x99ba4efe
        ```

    Source: Salmon et al. 2011, section 3.3.
    """
    keys = (*key, ops.bitwise_xor(ops.bitwise_xor(*key), _word(_PARITY)))
    left, right = counter[0] + keys[0], counter[1] + keys[1]
    for group in range(5):
        for rotation in _ROTATIONS[group % 2]:
            left = left + right
            right = ops.bitwise_xor(_rotate(right, rotation), left)
        # Key injection after every fourth round.
        left = left + keys[(group + 1) % 3]
        right = right + keys[(group + 2) % 3] + _word(group + 1)
    return left, right


def normal(seed, first_index, count, step, stream, shape):
    """Returns unit Gaussian noise for `count` images, each its own function of seed and index.

    Use it wherever sampling needs noise, in or out of a compiled loop. Image i of the result is
    image `first_index + i` of the seed, whatever the batch it is drawn in.

    Formula (Box-Muller): `sqrt(-2 log u) * (cos, sin)(pi v)`, u in (0, 1] and v in [-1, 1) from
    24 bits each, exact in float32, so always finite and at most 5.77 in size.

    Args:
        seed: int or int32 tensor, 32 bits of it are used.
        first_index: int or int32 tensor, index of the first image.
        count: int or scalar tensor, number of images.
        step: int or int32 tensor in [0, 2^28), step of the sampler.
        stream: int in 0..15, what the noise is for: START, CHURN, PREDICTOR, CORRECTOR.
        shape: tuple of ints, shape of one image.

    Returns:
        float32 (count, *shape), equal to rounding on all backends and modes.

    Raises:
        ValueError: a stream out of range or a shape that is not known.

    Example:
        ```python
        start = normal(seed=7, first_index=0, count=16, step=0, stream=START, shape=(28, 28, 1))
        ```
    """
    if not 0 <= stream < STREAMS:
        raise ValueError(f"`stream` must be from 0 to {STREAMS - 1}. Received: {stream}")
    if any(size is None for size in shape):
        raise ValueError(f"The shape of one image must be known. Received: {tuple(shape)}")
    size = math.prod(shape)
    pairs = (size + 1) // 2
    images = _word(first_index) + ops.cast(ops.arange(count, dtype="int32"), "uint32")
    key = (_word(seed), ops.reshape(images, (-1, 1)))
    place = ops.reshape(ops.cast(ops.arange(pairs, dtype="int32"), "uint32"), (1, -1))
    left, right = threefry(key, (place, _word(step) * _word(STREAMS) + _word(stream)))
    # The upper 24 bits of a word: a float32 holds them exactly.
    uniform = (_upper(left) + 1.0) * 2.0**-24
    angle = (_upper(right) * 2.0**-23 - 1.0) * math.pi
    radius = ops.sqrt(-2.0 * ops.log(uniform))
    values = ops.concatenate([radius * ops.cos(angle), radius * ops.sin(angle)], axis=1)
    return ops.reshape(values[:, :size], (-1, *shape))


def _word(value):
    """A uint32 scalar from an int of any sign, or an integer tensor: its lower 32 bits."""
    if isinstance(value, Integral):
        value = int(value) & 0xFFFFFFFF
        return ops.convert_to_tensor(value, dtype="uint32")
    return ops.cast(value, "uint32")


def _rotate(word, bits):
    """The bits of uint32 words rotated to the left."""
    left = ops.left_shift(word, _word(bits))
    return ops.bitwise_or(left, ops.right_shift(word, _word(32 - bits)))


def _upper(word):
    """The upper 24 bits of uint32 words as a float32."""
    return ops.cast(ops.cast(ops.right_shift(word, _word(8)), "int32"), "float32")
