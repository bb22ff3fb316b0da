"""A denoising network, its noise schedule and its target as one trainable Keras model."""

import types

import keras
import numpy as np
from keras import ops

from app.data.pixels import scale
from app.diffusion.condition import NoCondition
from app.diffusion.denoiser import denoiser
from app.diffusion.noise import GaussianNoise
from app.diffusion.targets import TARGETS
from app.diffusion.training_times import TIMES
from app.diffusion.weighting import WEIGHTINGS
from app.models.sampling import draw_images


@keras.saving.register_keras_serializable("models")
class DiffusionModel(keras.Model):
    """Trains a network to undo noise, and samples from it.

    Use it like any Keras model: `compile`, `fit`, `evaluate`, on arrays or on tf.data, with labels
    or without. Noise and times are drawn on the device, inside the training step; validation uses
    fixed noise and stratified times, so that its curve compares between epochs, runs and backends.
    Calling the model returns the images as floats: the work of training is in `compute_loss`, that
    of generation in `denoiser` and `sample`.

    Formula:
        noisy = signal_rate * clean + noise_rate * noise
        loss = mean(weight(log_snr) * loss(target(clean, noise), network(noisy, time)))

    Args:
        network: a layer called as `network(noisy, time, condition, training=...)`.
        schedule: a `Schedule`.
        image_shape: (height, width, channels).
        target: a target of `app.diffusion.targets`, or its name: "noise", "clean", "velocity",
            "flow", "edm", "score".
        weighting: "none" or "min_snr".
        times: how training times are drawn, one of `app.diffusion.training_times`, or its name:
            "uniform", "stratified", "log_normal", "logit_normal".
        condition: a condition of `app.diffusion.condition`; None for an unconditional network.
        label_dropout: float in [0, 1); share of conditions replaced by null while training.
        noise: a source of `app.diffusion.noise`; None: `GaussianNoise`.
        pixel_range: (black, white) as floats; uint8 images are scaled to it.
        seed: int; seed of training times, noise and label dropout.

    Input shape:
        images `(batch, height, width, channels)`, uint8, or float in `pixel_range`;
        labels `(batch,)` int, or attributes `(batch, attributes)` float, as `y`. With `ImageNoise`
        each image is followed by its noise along the channels.

    Example:
        ```python
        network = PlainCNN(channels=(16, 32, 32, 16))
        model = DiffusionModel(network, linear(), image_shape=(28, 28, 1))
        model.compile(optimizer=keras.optimizers.Adam(2e-4))
        model.fit(images, batch_size=128, epochs=10)
        pictures = model.sample(16, steps=50)
        ```

    References:
        Ho, Jain, Abbeel, "Denoising Diffusion Probabilistic Models", 2020,
        arXiv:2006.11239, eq. 14.
        Ho, Salimans, "Classifier-Free Diffusion Guidance", 2022, arXiv:2207.12598, algorithm 1.
    """

    text_term = None

    def __init__(
        self,
        network,
        schedule,
        image_shape,
        target="noise",
        weighting="none",
        times="uniform",
        condition=None,
        label_dropout=0.1,
        noise=None,
        pixel_range=(-1.0, 1.0),
        seed=0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if weighting not in WEIGHTINGS:
            raise ValueError(
                f"`weighting` must be one of {sorted(WEIGHTINGS)}. Received: {weighting!r}."
            )
        self.network = network
        self.schedule = schedule
        self.image_shape = tuple(image_shape)
        self.asked = self._choice("target", target, TARGETS)
        self.asked.check(schedule)
        self.target_name = self.asked.name
        self.noise = noise or GaussianNoise()
        self.target = self.noise.target(self.asked)
        self.weighting = weighting
        self.times = self._choice("times", times, TIMES)
        self.condition = condition or NoCondition()
        self.conditional = self.condition.null(1) is not None
        self.label_dropout = label_dropout
        self.pixel_range = tuple(pixel_range)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        # Compiled samplers by their settings; in a namespace, so that Keras does not track them.
        self.sampling = types.SimpleNamespace(programs={})
        noisy = ops.zeros((1, *self.image_shape))
        output = self.network(noisy, ops.zeros((1,)), self.condition.null(1))
        if getattr(output, "shape", None) != noisy.shape:
            raise ValueError(
                f"The network must return the shape of its images, {tuple(noisy.shape)}. "
                f"Received: {getattr(output, 'shape', type(output).__name__)}."
            )
        self.built = True

    def build(self, input_shape=None):
        """The network is built in the constructor, whatever the batch size."""

    def call(self, images, training=None):
        """Images as floats in `pixel_range`."""
        return scale(images, self.pixel_range)

    def compile(self, optimizer="adam", loss="mean_squared_error", text_term=None, **kwargs):
        """As `keras.Model.compile`; the loss compares the network's output with its target.

        A `text_term` (see `TextTerm`) is added to it, of the clean estimates and their labels.
        """
        self.text_term = text_term
        super().compile(optimizer=optimizer, loss=loss, **kwargs)

    def fit(self, x=None, y=None, **options):
        """As `keras.Model.fit`; arrays are checked first: shape, range, NaN, labels."""
        self._check_arrays(x, y)
        return super().fit(x, y, **options)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Noises the images, asks the network, compares: the whole of training."""
        clean, *paired = self.noise.separate(scale(x, self.pixel_range))
        count = ops.shape(clean)[0]
        condition = self._condition_of(y)
        if training:
            time = self.times(count, self.schedule, self.seed_generator)
            noise = self.noise.draw(clean, self.seed_generator, *paired)
            condition = self.condition.drop(condition, self.label_dropout, self.seed_generator)
        else:
            time = self.times.fixed(count, self.schedule)
            noise = self.noise.fixed(clean, self.seed, self.image_shape, *paired)
        signal_rate = self._per_image(self.schedule.signal_rate(time))
        noise_rate = self._per_image(self.schedule.noise_rate(time))
        noisy = signal_rate * clean + noise_rate * noise
        output = self.network(
            self.target.network_input(noisy, signal_rate, noise_rate),
            self.target.network_time(time, self.schedule),
            condition,
            training=training,
        )
        output, extra = ops.cast(output, "float32"), 0.0
        if sample_weight is not None:
            sample_weight = ops.reshape(ops.cast(sample_weight, "float32"), (-1,))
        if self.text_term is not None:
            shown = self.target.estimate(output, noisy, signal_rate, noise_rate).clean
            signal = ops.square(ops.reshape(signal_rate, (-1,)))
            given = 1.0 if sample_weight is None else sample_weight
            extra = self.text_term(y, shown, signal * given)
        weight = WEIGHTINGS[self.weighting](self.schedule.log_snr(time), self.target_name)
        weight = self._per_image(weight)[..., 0]
        if sample_weight is not None:
            weight = weight * ops.reshape(sample_weight, (-1, 1, 1))
        return extra + super().compute_loss(
            x=x,
            y=self.target.regression_target(clean, noise, signal_rate, noise_rate),
            y_pred=output,
            sample_weight=weight,
            training=training,
        )

    def denoiser(self):
        """The function (noisy, time, condition) -> Estimate(clean, noise) that samplers use."""
        return denoiser(self.network, self.target, self.schedule)

    def sample(self, count=None, labels=None, **options):
        """Draws uint8 images `(count, height, width, channels)`; see `draw_images`."""
        return draw_images(self, count, labels, **options)

    def _condition_of(self, labels):
        """The condition that `y` stands for; an unconditional model ignores `y`."""
        if not self.conditional:
            return None
        if labels is None:
            raise ValueError(
                "This model is conditional and expects labels as `y`. Received: none. "
                "Pass model.fit(images, labels), or build the model without a condition."
            )
        return ops.convert_to_tensor(labels)

    def _check_arrays(self, images, labels):
        """Refuses arrays that would train silently wrong; data sets check themselves."""
        if isinstance(images, np.ndarray):
            *sides, channels = self.image_shape
            wanted = (*sides, channels * self.noise.parts)
            if images.shape[1:] != wanted:
                raise ValueError(
                    f"Images must have shape (batch, {', '.join(map(str, wanted))}). "
                    f"Received: {images.shape}."
                )
            low, high = (0, 255) if images.dtype == np.uint8 else self.pixel_range
            least, most = images.min(), images.max()
            if not (low - 1e-3 <= least and most <= high + 1e-3):  # also false for NaN
                raise ValueError(
                    f"Images of type {images.dtype} must lie in [{low}, {high}] without NaN. "
                    f"Received: {least} to {most}. Scale them, or pass uint8."
                )
        if isinstance(labels, np.ndarray) and self.conditional:
            self.condition.check(labels)

    @staticmethod
    def _choice(argument, value, known):
        """The object of a name, or the object itself."""
        if not isinstance(value, str):
            return value
        if value not in known:
            raise ValueError(f"`{argument}` must be one of {sorted(known)}. Received: {value!r}.")
        return known[value]()

    @staticmethod
    def _per_image(values):
        """(batch,) -> (batch, 1, 1, 1)."""
        return ops.reshape(values, (-1, 1, 1, 1))

    def get_config(self):
        """Everything needed to rebuild the model."""
        return {
            **super().get_config(),
            "network": keras.saving.serialize_keras_object(self.network),
            "schedule": keras.saving.serialize_keras_object(self.schedule),
            "image_shape": list(self.image_shape),
            "target": keras.saving.serialize_keras_object(self.asked),
            "weighting": self.weighting,
            "times": keras.saving.serialize_keras_object(self.times),
            "condition": keras.saving.serialize_keras_object(self.condition),
            "label_dropout": self.label_dropout,
            "noise": keras.saving.serialize_keras_object(self.noise),
            "pixel_range": list(self.pixel_range),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        """The model of `get_config`."""
        parts = {
            key: keras.saving.deserialize_keras_object(config[key])
            for key in ("network", "schedule", "condition", "noise", "target", "times")
            if key in config  # files from before there were sources have no noise
        }
        return cls(**{**config, **parts})
