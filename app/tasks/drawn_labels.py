"""The training labels as drawn, and the clean ones that the model never sees."""

import dataclasses

import numpy as np

from app.data.label_file import from_file
from app.data.label_noise import (
    CIFAR10,
    CIFAR10_PAIRS,
    MNIST_PAIRS,
    asymmetric,
    instance_dependent,
    symmetric,
)
from app.data.noisy_labels import realised
from app.errors import UserError
from app.files import writing

PAIRS = {CIFAR10: CIFAR10_PAIRS, tuple("0123456789"): MNIST_PAIRS}


@dataclasses.dataclass(frozen=True)
class DrawnLabels:
    """Labels as trained on beside the clean ones they were drawn from, both int64 `(n,)`."""

    noisy: np.ndarray
    clean: np.ndarray
    classes: int
    kind: str

    @property
    def wrong(self):
        """Which labels are wrong, bool (n,)."""
        return self.noisy != self.clean

    def select(self, indices):
        """The labels of some of the images."""
        return dataclasses.replace(self, noisy=self.noisy[indices], clean=self.clean[indices])

    def facts(self):
        """Kind, counts and the realised rates, for the manifest; a class without images has 0."""
        found = realised(self.clean, self.noisy, self.classes, self.kind)
        return {
            "kind": self.kind,
            "count": len(self.noisy),
            "wrong": int(self.wrong.sum()),
            "rate": found.rate,
            "rate_by_class": np.nan_to_num(found.rate_by_class).round(4).tolist(),
        }

    def save(self, run):
        """Writes labels.npy (to be used again, by the noise kind file) and clean_labels.npy."""
        for name, labels in {"labels": self.noisy, "clean_labels": self.clean}.items():
            path = run.path(f"{name}.npy")
            with writing(path):
                np.save(path, labels)


def draw_labels(dataset, noise):
    """The labels of a data set in memory, made wrong as a `LabelNoise` says.

    Raises:
        UserError: no published pairs for these classes, or a file that does not fit.
    """
    clean, classes = dataset.labels.astype("int64"), dataset.classes
    options = {"classes": classes, "rate": noise.rate, "seed": noise.seed}
    if noise.kind == "symmetric":
        drawn = symmetric(clean, include_true=noise.include_true_class, **options)
    elif noise.kind == "asymmetric":
        drawn = asymmetric(clean, pairs=_pairs(dataset.class_names), **options)
    elif noise.kind == "instance":
        drawn = instance_dependent(dataset.images, clean, **options)
    elif noise.kind == "file":
        drawn = from_file(noise.path, clean, classes)
    else:
        drawn = realised(clean, clean, classes, "none")
    return DrawnLabels(drawn.labels, clean, classes, drawn.description)


def _pairs(class_names):
    """The published pairs of classes that are taken for each other."""
    if tuple(class_names) not in PAIRS:
        raise UserError(
            "Asymmetric noise has published pairs for the classes of CIFAR-10 and for digits only. "
            f"This data set has: {', '.join(class_names[:5])}... Take symmetric noise, or a file."
        )
    return PAIRS[tuple(class_names)]
