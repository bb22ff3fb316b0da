"""A classifier of noisy images as one trainable Keras model."""

import keras
import numpy as np
from keras import ops

from app.data.pixels import scale
from app.diffusion.compiled import compiled
from app.diffusion.likelihood import log_likelihood
from app.diffusion.randomness import START, normal
from app.diffusion.targets import align
from app.diffusion.training_times import TIMES


@keras.saving.register_keras_serializable("models")
class NegativeLogLikelihood(keras.losses.Loss):
    """What a classifier of noisy images is trained by: `-log p(condition | logits)`, nats.

    Args:
        condition: a `ClassCondition` or `AttributeCondition`.
    """

    def __init__(self, condition, name="negative_log_likelihood", **kwargs):
        super().__init__(name=name, **kwargs)
        self.condition = condition

    def call(self, y_true, y_pred):
        """Returns one number an image."""
        return -log_likelihood(self.condition, y_pred, y_true)


@keras.saving.register_keras_serializable("models")
class NoisyClassifier(keras.Model):
    """Learns what a noisy image shows, at every noise level of a schedule.

    Use it to guide a denoiser with the same schedule (`classifier_guided`); it is compiled and fit
    like any Keras model, on images and labels. Noise and times are drawn inside the training step;
    validation has fixed noise and times, as `DiffusionModel`.

    Formula: `noisy = signal_rate * clean + noise_rate * noise`,
    `logits = network(noisy / sqrt(signal_rate^2 + noise_rate^2), 1000 * time)`, and the loss is
    the mean of `-log p(condition | logits)`.

    Args:
        network: a layer called as `network(noisy, time, training=...)`, giving logits.
        schedule: a `Schedule`.
        image_shape: (height, width, channels).
        condition: what it finds, `ClassCondition` or `AttributeCondition`.
        times: how training times are drawn, one of `app.diffusion.training_times`, or its name.
        pixel_range: (black, white) as floats; uint8 images are scaled to it.
        seed: int; seed of training times and noise.

    Input shape:
        images `(batch, height, width, channels)`, uint8, or float in `pixel_range`; as `y` labels
        int `(batch,)` or attributes float `(batch, attributes)` in [-1, 1].

    Example:
        ```python
        network = NoisyEncoder(10, image_size=28)
        model = NoisyClassifier(network, cosine(), (28, 28, 1), ClassCondition(10))
        model.compile(keras.optimizers.AdamW(1e-3))
        model.fit(images, labels, batch_size=64, epochs=10)
        ```

    References:
        Dhariwal & Nichol 2021, arXiv:2105.05233v4, section 4.
    """

    conditional = True

    def __init__(
        self,
        network,
        schedule,
        image_shape,
        condition,
        times="uniform",
        pixel_range=(-1.0, 1.0),
        seed=0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.network = network
        self.schedule = schedule
        self.image_shape = tuple(image_shape)
        self.condition = condition
        self.times = TIMES[times]() if isinstance(times, str) else times
        self.pixel_range = tuple(pixel_range)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.network(ops.zeros((1, *self.image_shape)), ops.zeros((1,)))
        self.built = True

    def build(self, input_shape=None):
        """The network is built in the constructor, whatever the batch size."""

    def call(self, images, training=None):
        """Images as floats in `pixel_range`."""
        return scale(images, self.pixel_range)

    def compile(self, optimizer="adam", **kwargs):
        """As `keras.Model.compile`; the loss is the likelihood of the condition."""
        super().compile(optimizer=optimizer, loss=NegativeLogLikelihood(self.condition), **kwargs)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Noises the images and asks the network what they show: the whole of training."""
        clean = self.call(x)
        count = ops.shape(clean)[0]
        if training:
            time = self.times(count, self.schedule, self.seed_generator)
            noise = keras.random.normal(ops.shape(clean), seed=self.seed_generator)
        else:
            time = self.times.fixed(count, self.schedule)
            noise = normal(self.seed, 0, count, 0, START, self.image_shape)
        return super().compute_loss(
            x=x,
            y=y,
            y_pred=self.logits(self.noised(clean, noise, time), time, training),
            sample_weight=sample_weight,
            training=training,
        )

    def noised(self, clean, noise, time):
        """Returns the noisy images of a time."""
        signal, rate = self.schedule.signal_rate(time), self.schedule.noise_rate(time)
        return align(signal, clean) * clean + align(rate, clean) * noise

    def logits(self, noisy, time, training=False):
        """Returns the logits (batch, classes or attributes), float32, of noisy images."""
        signal, rate = self.schedule.signal_rate(time), self.schedule.noise_rate(time)
        size = ops.sqrt(ops.square(signal) + ops.square(rate))
        found = self.network(noisy / align(size, noisy), 1000.0 * time, training=training)
        return ops.cast(found, "float32")

    def log_likelihood(self, noisy, time, condition):
        """Returns log p(condition | noisy, time), float32 (batch,), nats: what guidance climbs."""
        return log_likelihood(self.condition, self.logits(noisy, time), condition)

    def get_config(self):
        """Everything needed to rebuild the model."""
        return {
            **super().get_config(),
            "network": keras.saving.serialize_keras_object(self.network),
            "schedule": keras.saving.serialize_keras_object(self.schedule),
            "image_shape": list(self.image_shape),
            "condition": keras.saving.serialize_keras_object(self.condition),
            "times": keras.saving.serialize_keras_object(self.times),
            "pixel_range": list(self.pixel_range),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        """The model of `get_config`."""
        parts = {
            key: keras.saving.deserialize_keras_object(config[key])
            for key in ("network", "schedule", "condition", "times")
        }
        return cls(**{**config, **parts})


def noisy_logits(model, images, times, batch_size=250, seed=0):
    """Returns the logits of images noised to each of several times, float32 numpy.

    Args:
        model: a `NoisyClassifier`.
        images: uint8 `(n, height, width, channels)`.
        times: floats in [0, 1].
        batch_size: int; images a pass, without effect on the result.
        seed: int; of the noise. Image i has the same noise at every time.

    Returns:
        `(len(times), n, outputs)`.

    Example:
        ```python
        noisy_logits(model, test.images, [0.1, 0.5]).argmax(-1)
        ```
    """

    def judge(images, first_index, time):
        noise = normal(seed, first_index, ops.shape(images)[0], 0, START, model.image_shape)
        times = ops.broadcast_to(time, (ops.shape(images)[0],))
        return model.logits(model.noised(model.call(images), noise, times), times)

    program, rows = compiled(judge, model.variables), []
    size = min(batch_size, len(images))
    for begin in range(0, len(images), size):
        batch = images[begin : begin + size]
        filled = np.pad(batch, [(0, size - len(batch)), (0, 0), (0, 0), (0, 0)])
        first = ops.convert_to_tensor(begin, "int32")
        rows.append(
            [
                ops.convert_to_numpy(
                    program(
                        ops.convert_to_tensor(filled), first, ops.convert_to_tensor(time, "float32")
                    )
                )[: len(batch)]
                for time in times
            ]
        )
    return np.concatenate(rows, axis=1)
