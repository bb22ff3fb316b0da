"""Gaussian noise scaled by the entropy of the image it is added to.

An even image gets less noise than a busy one. While sampling there is no clean image, so the scale
of training is recorded, as a mean that travels with the weights, and takes its place.
"""

import math

import keras
from keras import ops, random

from app.diffusion.randomness import START, normal
from app.diffusion.samplers.loop import drawer
from app.diffusion.targets import NoiseTarget, align

BINS = 256
SCALES = ("image", "batch", "constant")


def entropy(images, by="image"):
    """Returns the entropy of the pixels of each image, or of all pixels of a batch, in bits.

    Formula: `-sum_b p_b log2 p_b`, p_b the share of pixels in bin b of 256 equal bins from the
    least to the largest pixel (of the image, or of the batch), the last bin closed. From 0 (even)
    to 8. Images made of 8-bit pixels have each grey level in a bin of its own.

    Args:
        images: float (batch, height, width, channels).
        by: "image" or "batch".

    Returns:
        float32 (batch,), or scalar for the batch.

    Example:
        ```python
        entropy(ops.reshape([0.0, 0.0, 1.0, 1.0], (1, 2, 2, 1)))  # two halves: 1 bit
        ```
    """
    count = ops.shape(images)[0] if by == "image" else 1
    rows = ops.reshape(ops.cast(images, "float32"), (count, -1))
    least = ops.min(rows, axis=1, keepdims=True)
    width = ops.max(rows, axis=1, keepdims=True) - least
    place = (rows - least) / ops.where(width > 0.0, width, 1.0) * BINS
    bins = ops.minimum(ops.cast(place, "int32"), BINS - 1)
    bins = ops.reshape(bins + BINS * ops.arange(count, dtype="int32")[:, None], (-1,))
    ones = ops.ones_like(bins, dtype="float32")
    totals = ops.reshape(ops.segment_sum(ones, bins, count * BINS), (count, BINS))
    shares = totals / ops.sum(totals, axis=1, keepdims=True)
    logarithms = ops.log(ops.where(shares > 0.0, shares, 1.0))
    bits = -ops.sum(shares * logarithms, axis=1) / math.log(2.0)
    return bits if by == "image" else bits[0]


@keras.saving.register_keras_serializable("diffusion")
class EntropyScaledNoise(keras.layers.Layer):
    """Gaussian noise times the logistic function of the clean image's entropy.

    Use it to compare with plain noise of another size: on MNIST the scale of a batch is nearly
    constant, so set `by="constant"` beside it. Scaling by the batch ties an image to those it is
    trained with.

    Formula: `noise = scale(clean) * unit`, `scale = 1 / (1 + exp(-entropy))`, in [0.5, 1).
    In sampling the scale is `recorded`, the mean over all training batches: of the start, and of
    the noise that samplers draw on the way.

    Args:
        by: "image", "batch" or "constant"; whose entropy, or none.
        constant: float > 0; the scale of "constant".
        unit_target: bool; the network, of target noise, is asked for `unit`. False: for `noise`.
        unit_start: bool; sampling starts from N(0, 1). False: from the recorded scale times it.

    Attributes:
        recorded: float32 weight (), not trained: the mean scale, 1 before training.

    Raises:
        ValueError: unknown `by`, or a constant that is not above 0.

    Example:
        ```python
        model = DiffusionModel(network, linear(), (28, 28, 1), noise=EntropyScaledNoise())
        ```

    Source: a student report's "DES" (batch entropy of 256 bins, times the noise); the entropy of
    each image is what that report names as the better variant.
    """

    parts = 1
    given_start = False

    def __init__(
        self,
        by="image",
        constant=0.878,
        unit_target=False,
        unit_start=False,
        name="noise",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if by not in SCALES:
            raise ValueError(f"`by` must be one of {SCALES}. Received: {by!r}")
        if not constant > 0.0:
            raise ValueError(f"`constant` must be above 0. Received: {constant}")
        self.by = by
        self.constant = float(constant)
        self.unit_target = bool(unit_target)
        self.unit_start = bool(unit_start)
        first = self.constant if by == "constant" else 1.0
        options = {"shape": (), "dtype": "float32", "trainable": False}
        self.recorded = self.add_weight(
            initializer=keras.initializers.Constant(first), name="scale", **options
        )
        self.batches = self.add_weight(initializer="zeros", name="batches", **options)
        self.built = True

    def separate(self, images):
        """Returns the images of a batch in a list: they come without their noise."""
        return [images]

    def scale(self, clean):
        """Returns the factor of the noise of clean images: (batch, 1, 1, 1), or a scalar."""
        if self.by == "constant":
            return ops.convert_to_tensor(self.constant, "float32")
        return align(ops.sigmoid(entropy(clean, self.by)), clean)

    def draw(self, clean, seed):
        """Returns noise for a training step, shaped as `clean`, and records its scale."""
        scale = self.scale(clean)
        if self.by != "constant":
            batches = self.batches + 1.0
            self.recorded.assign(self.recorded + (ops.mean(scale) - self.recorded) / batches)
            self.batches.assign(batches)
        return scale * random.normal(ops.shape(clean), seed=seed)

    def fixed(self, clean, seed, shape):
        """Returns the noise of a validation batch: unit noise of an int seed, scaled."""
        return self.scale(clean) * normal(seed, 0, ops.shape(clean)[0], 0, START, shape)

    def start(self, seed, first_index, count, shape):
        """Returns the start of `count` images of `shape`, float32; image i by its index alone."""
        scale = 1.0 if self.unit_start else self.recorded
        return scale * normal(seed, first_index, count, 0, START, shape)

    def in_loop(self, seed, first_index):
        """Returns the function `(index, shape, stream) -> noise` of the recorded scale."""
        draw = drawer(seed, first_index)
        return lambda *arguments: self.recorded * draw(*arguments)

    def target(self, target):
        """Returns the target, or one that asks for the unit noise."""
        if not self.unit_target:
            return target
        if not isinstance(target, NoiseTarget):
            raise ValueError(
                "The unit noise can only be asked for in place of the noise. Received: target "
                f"'{target.name}'. Pass target 'noise', or `unit_target=False`."
            )
        return UnitNoiseTarget(self)

    def get_config(self):
        """Returns the arguments."""
        return {
            **super().get_config(),
            "by": self.by,
            "constant": self.constant,
            "unit_target": self.unit_target,
            "unit_start": self.unit_start,
        }


class UnitNoiseTarget(NoiseTarget):
    """The network predicts `unit`, of `noise = scale * unit`.

    Formula: output compared with `noise / scale(clean)`; read back as `recorded * output`.

    Args:
        source: `EntropyScaledNoise`, which knows both scales.

    Example:
        ```python
        clean, noise = UnitNoiseTarget(source).estimate(output, noisy, signal_rate, noise_rate)
        ```
    """

    def __init__(self, source):
        self.source = source

    def regression_target(self, clean, noise, signal_rate, noise_rate):
        """Returns what the output is compared with: the noise without its scale."""
        return noise / self.source.scale(clean)

    def estimate(self, output, noisy, signal_rate, noise_rate):
        """Returns the `Estimate` that the network's output means."""
        noise = self.source.recorded * output
        return super().estimate(noise, noisy, signal_rate, noise_rate)
