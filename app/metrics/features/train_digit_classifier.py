"""Trains the digit classifier whose weights the repository ships.

    python -m app.metrics.features.train_digit_classifier --directory DATA --seeds 0 1 2

Everything is fixed beforehand: eight epochs, the last one is reported, the test images choose
nothing, and the weights kept are those of the first seed named, whatever its accuracy.
"""

import argparse
import json
import shlex
import statistics
import sys
import time
from datetime import date
from pathlib import Path

import keras
import numpy as np
from scipy import ndimage

from app.data import load
from app.metrics.features.digit_network import DigitClassifier
from app.metrics.features.seeded_batches import SeededBatches
from app.metrics.features.shipped import write_shipped

EPOCHS, BATCH, PEAK = 8, 128, 3e-3  # Adam's largest learning rate, after one epoch of warm-up
SHIFT, ROTATION, STRETCH = 2.0, 10.0, 0.1  # pixels, degrees, relative size: uniform in +-
STEM = Path(__file__).with_name("digit_classifier")


def distort(images, generator):
    """Moves, turns and stretches each image a little (bilinear, background 0).

    Args:
        images: float32 `(batch, height, width)` in [0, 1].
        generator: numpy Generator, the only source of chance.
    """
    centre = (np.array(images.shape[1:]) - 1) / 2
    angles = np.radians(generator.uniform(-ROTATION, ROTATION, len(images)))
    scales = generator.uniform(1 - STRETCH, 1 + STRETCH, (len(images), 2))
    shifts = generator.uniform(-SHIFT, SHIFT, (len(images), 2))
    distorted = np.empty_like(images)
    for image, angle, scale, shift, out in zip(
        images, angles, scales, shifts, distorted, strict=True
    ):
        cosine, sine = np.cos(angle), np.sin(angle)
        matrix = np.array([[cosine, -sine], [sine, cosine]]) * scale
        ndimage.affine_transform(
            image, matrix, offset=centre - matrix @ (centre + shift), order=1, output=out
        )
    return distorted


class DistortedBatches(SeededBatches):
    """Batches of distorted digits; what is drawn depends only on (seed, epoch, batch)."""

    def __init__(self, images, labels, seed):
        def make(chosen, generator):
            return distort(images[chosen], generator)[..., None], labels[chosen]

        super().__init__(len(images), seed, BATCH, make)


def train(train_set, test_set, seed, epochs=EPOCHS):
    """Trains one classifier and returns it with its accuracy on the test images.

    Args:
        train_set: pair of uint8 images `(n, 28, 28, 1)` and int labels `(n,)`.
        test_set: the same, used once, after the last epoch.
        seed: int; weights, order and distortions follow from it.
        epochs: int, at least 2; the first one warms the learning rate up.
    """
    keras.utils.set_random_seed(seed)
    images, labels = train_set
    batches = DistortedBatches(images[..., 0].astype("float32") / 255, labels, seed)
    steps = len(batches)
    rate = keras.optimizers.schedules.CosineDecay(
        PEAK / 10, (epochs - 1) * steps, warmup_target=PEAK, warmup_steps=steps
    )
    model = DigitClassifier()
    model.build((None, 28, 28, 1))
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(batches, epochs=epochs, verbose=2)
    logits = model.predict(test_set[0].astype("float32") / 255, batch_size=500, verbose=0)
    return model, float(np.mean(logits.argmax(1) == test_set[1]))


def ship(model, accuracies, minutes, stem=STEM, command=None):
    """Writes the weights and, beside them, the JSON that says what they are.

    Args:
        model: the classifier of the first seed.
        accuracies: dict of seed to test accuracy, the shipped seed first.
        minutes: float; wall-clock time of all seeds.
        stem: path without ending.
        command: str; what was typed.

    Returns:
        The record, as written.
    """
    bare = DigitClassifier.from_config(model.get_config())  # without the optimizer's state
    bare.build((None, 28, 28, 1))
    bare.set_weights(model.get_weights())
    values = list(accuracies.values())
    record = {
        "preprocessing": "mean of the channels, antialiased bilinear resize to 28x28, / 255",
        "data": "mnist 3.0.1 (TensorFlow Datasets), 60,000 train, 10,000 test",
        "test_accuracy": {str(seed): round(value, 5) for seed, value in accuracies.items()},
        "mean": round(statistics.mean(values), 5),
        "spread": round(statistics.stdev(values), 5) if len(values) > 1 else None,
        "shipped_seed": next(iter(accuracies)),
        "epochs": EPOCHS,
        "batch": BATCH,
        "optimizer": f"Adam, peak {PEAK}, one epoch of warm-up, cosine to zero",
        "augmentation": f"+-{SHIFT} pixels, +-{ROTATION} degrees, +-{STRETCH:.0%} size",
        "backend": keras.backend.backend(),
        "keras": keras.__version__,
        "minutes": minutes,
        "date": date.today().isoformat(),
        "command": command,
    }
    return write_shipped(bare, stem, record)


def main(arguments=None):
    """Trains one classifier a seed and ships the first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", required=True, help="folder of TensorFlow Datasets")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="ship the first")
    parser.add_argument("--stem", type=Path, default=STEM, help="where to write, without ending")
    options = parser.parse_args(arguments)
    sets = [load("mnist", directory=options.directory, split=part) for part in ("train", "test")]
    train_set, test_set = [(dataset.images, dataset.labels) for dataset in sets]
    started, accuracies, shipped = time.monotonic(), {}, None
    for seed in options.seeds:
        model, accuracies[seed] = train(train_set, test_set, seed)
        shipped = shipped or model
        print(f"seed {seed}: test accuracy {accuracies[seed]:.2%}")
    minutes = round((time.monotonic() - started) / 60, 1)
    command = "python -m app.metrics.features.train_digit_classifier " + shlex.join(sys.argv[1:])
    print(json.dumps(ship(shipped, accuracies, minutes, options.stem, command), indent=2))


if __name__ == "__main__":
    main()
