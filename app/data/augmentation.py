"""Training images changed anew in each epoch: crops by NumPy, the rest by Keras's layers.

What is done to a batch depends on (seed, epoch, batch) alone, so a resumed run sees what the
uninterrupted one would have seen.
"""

import keras
import numpy as np
from keras import ops

from app.data.pipeline import Batches


class AugmentedBatches(Batches):
    """Batches whose images are cropped, and mixed or recoloured by a policy.

    Args:
        dataset: a Dataset with class labels.
        crop: int; pixels of zeros around the image before a random crop to the old size.
        policy: "none", "rand_augment", "mixup" or "cutmix", layers of Keras. The last two give
            soft targets `(batch, classes)`.
        **options: as `Batches`; pixels must lie in [0, 1].

    Example:
        ```python
        batches = AugmentedBatches(load("cifar10"), crop=4, flip=True, pixel_range=(0, 1))
        ```

    References:
        Zhang et al. 2017, arXiv:1710.09412 (mixup); Yun et al. 2019, arXiv:1905.04899 (CutMix);
        Cubuk et al. 2019, arXiv:1909.13719 (RandAugment).
    """

    def __init__(self, dataset, crop=0, policy="none", **options):
        super().__init__(dataset, **options)
        self.crop, self.policy = crop, policy
        self.classes = dataset.classes

    @property
    def signature(self):
        """As that of `Batches`; mixed images have soft targets."""
        images, labels = super().signature
        if self.policy in ("mixup", "cutmix"):
            labels = (*labels[0], self.classes), "float32"
        return images, labels

    def __getitem__(self, index):
        images, labels = super().__getitem__(index)
        if not self.crop and self.policy == "none":
            return images, labels
        key = np.random.SeedSequence((self.seed, self.epoch, index, 2))
        generator = np.random.Generator(np.random.PCG64(key))
        if self.crop:
            images = cropped(images, self.crop, generator)
        if self.policy == "none":
            return images, labels
        layer = _policy(self.policy, int(generator.integers(2**31)))
        if self.policy == "rand_augment":
            return _numpy(layer(images, training=True)), labels
        targets = np.eye(self.classes, dtype="float32")[labels]
        mixed = layer({"images": images, "labels": targets}, training=True)
        return _numpy(mixed["images"]), _numpy(mixed["labels"])


def cropped(images, margin, generator):
    """Returns each image moved by up to `margin` pixels each way, zeros coming in.

    Args:
        images: float `(batch, height, width, channels)`.
        margin: int >= 0, pixels.
        generator: numpy Generator.
    """
    _, height, width, _ = images.shape
    padded = np.pad(images, [(0, 0), (margin, margin), (margin, margin), (0, 0)])
    corners = generator.integers(0, 2 * margin + 1, (len(images), 2))
    return np.stack(
        [
            image[top : top + height, left : left + width]
            for image, (top, left) in zip(padded, corners, strict=True)
        ]
    )


def _policy(name, seed):
    """The Keras layer of a policy, with a seed of its own."""
    if name == "rand_augment":
        return keras.layers.RandAugment(value_range=(0, 1), seed=seed)
    return {"mixup": keras.layers.MixUp, "cutmix": keras.layers.CutMix}[name](seed=seed)


def _numpy(tensor):
    return np.asarray(ops.convert_to_numpy(tensor), "float32")
