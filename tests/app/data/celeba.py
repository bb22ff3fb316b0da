"""A prepared stand-in for CelebA: no faces, but files, features and attributes of that form."""

import numpy as np
import pytest

ATTRIBUTES = (
    *("Bald", "Black_Hair", "Blond_Hair", "Brown_Hair", "Eyeglasses", "High_Cheekbones"),
    *("Male", "Mustache", "No_Beard", "Smiling", "Young"),
)


def has(number, place):
    """Whether image `number` has the attribute at `place`: a rule that tells all of them apart."""
    return (number * (place + 3)) % 7 < 3


def flat(number):
    """The image `number`: all its pixels are that number."""
    return np.full((218, 178, 3), number, "uint8")


def store_celeba(
    folder,
    train=20,
    validation=4,
    test=16,
    names=ATTRIBUTES,
    image=flat,
    has=has,
    encoding="png",
):
    """Writes it into a folder of TensorFlow Datasets: `image(number)`, `has(number, place)`."""
    tf = pytest.importorskip("tensorflow")
    tfds = pytest.importorskip("tensorflow_datasets")
    features = {
        "image": tfds.features.Image(shape=(218, 178, 3), encoding_format=encoding),
        "attributes": {name: np.bool_ for name in names},
    }

    def part(first, count):
        def examples():
            for number in range(first, first + count):
                yield {
                    "image": image(number),
                    "attributes": {name: has(number, i) for i, name in enumerate(names)},
                }

        signature = {
            "image": tf.TensorSpec((218, 178, 3), tf.uint8),
            "attributes": {name: tf.TensorSpec((), tf.bool) for name in names},
        }
        return tf.data.Dataset.from_generator(examples, output_signature=signature)

    tfds.dataset_builders.store_as_tfds_dataset(
        name="celeb_a",
        version="2.1.0",
        features=tfds.features.FeaturesDict(features),
        split_datasets={
            "train": part(0, train),
            "validation": part(train, validation),
            "test": part(train + validation, test),
        },
        data_dir=str(folder),
        disable_shuffling=True,
    )
