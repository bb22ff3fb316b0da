"""Trains the image-text encoder whose weights the repository ships.

    TF_ENABLE_ONEDNN_OPTS=1 python -m app.metrics.features.train_image_text --directory DATA

Captioned CIFAR-10 and MNIST, an image and a caption of its class in every batch anew; the image
tower starts from the shipped CIFAR-10 classifier. Everything is fixed beforehand and the test
images choose nothing. Accuracy is that of zero-shot classification: the nearest of ten texts.
"""

import argparse
import dataclasses
import time
from datetime import date
from pathlib import Path

import keras
import numpy as np
from keras import ops

from app.backend import start_backend
from app.data import load
from app.metrics.features import captions
from app.metrics.features.cifar_classifier import CifarFeatures, prepare
from app.metrics.features.image_text_encoder import ImageTextFeatures, count_words
from app.metrics.features.image_text_network import ImageTextNetwork
from app.metrics.features.seeded_batches import SeededBatches, crop_and_flip
from app.metrics.features.shipped import write_shipped

EPOCHS, BATCH, SHIFT, FORGET = 1, 256, 2, 0.3  # FORGET: share of a caption's words left out
PEAK, WARM_UP, DECAY = 1e-3, 0.1, 0.05  # AdamW: rate, share of the steps, decay of the kernels
STEM = Path(__file__).with_name("image_text_encoder")


def contrastive(classes, similarities):
    """Returns for each image and its caption how badly they find their kind among all others.

    Formula: `(cross_entropy(same, softmax over texts) + cross_entropy(same, softmax over images))
    / 2`, where row i of `same` spreads 1 evenly over the samples of the class of i: two dogs are
    not held against each other.

    Args:
        classes: int `(batch,)`.
        similarities: float `(batch, batch)`, image i with text j, scaled.

    References:
        Radford et al. 2021, arXiv:2103.00020, figure 3; Yang et al. 2022, arXiv:2204.03610,
        equations 2 to 4, with the classes as there.
    """
    classes = ops.reshape(classes, (-1, 1))
    same = ops.cast(ops.equal(classes, ops.transpose(classes)), similarities.dtype)
    same = same / ops.sum(same, axis=1, keepdims=True)
    by_image = -ops.sum(same * ops.log_softmax(similarities, axis=1), axis=1)
    by_text = -ops.sum(same * ops.log_softmax(ops.transpose(similarities), axis=1), axis=1)
    return (by_image + by_text) / 2


def both_sets(directory, split="train"):
    """Returns CIFAR-10 and MNIST, the digits enlarged to 32x32 and in three channels."""
    photos, digits = (load(name, directory=directory, split=split) for name in ("cifar10", "mnist"))
    large = np.floor(255 * prepare(digits.images) + 0.5).astype("uint8")
    return photos, dataclasses.replace(digits, images=large)  # the digest stays that of the source


def caption_batches(images, classes, words, seed):
    """Returns batches of moved images with one caption of their class each, in word counts."""
    rows = [count_words(captions.captions(label), words) for label in range(len(captions.NAMES))]
    names = {word for names in captions.NAMES for word in names}
    filler = np.array([word not in names for word in words])

    def make(chosen, generator):
        kinds = classes[chosen]
        moved = crop_and_flip(images[chosen], generator, 32, SHIFT, flip=kinds < 10)
        texts = np.stack([generator.choice(rows[kind]) for kind in kinds])
        left_out = filler & (generator.random(texts.shape) < FORGET)
        inputs = {"images": moved.astype("float32") / 255, "words": texts * ~left_out}
        return inputs, kinds

    return SeededBatches(len(images), seed, BATCH, make)


def train(images, classes, seed, start=None, epochs=EPOCHS, policy="float32"):
    """Trains one encoder and returns it, in float32, with its words.

    Args:
        images: uint8 `(n, 32, 32, 3)`.
        classes: int `(n,)`; 0 to 9 things, 10 to 19 digits.
        seed: int; weights, order, captions and augmentation follow from it.
        start: a `CifarClassifier` to start the image tower from, or None.
        epochs: int, at least 1.
        policy: str, the Keras precision policy of the training.
    """
    keras.utils.set_random_seed(seed)
    words = captions.vocabulary()
    model = ImageTextNetwork(len(words), dtype=policy)
    model.build()
    if start is not None:
        own = model.image_tower
        for layer, source in zip(
            (own.whiten, *own.convolutions, *own.normalizations),
            (start.whiten, *start.convolutions, *start.normalizations),
            strict=True,
        ):
            layer.set_weights(source.get_weights())
    batches = caption_batches(images, classes, words, seed)
    steps = epochs * len(batches)
    warm_up = max(1, int(WARM_UP * steps))
    rate = keras.optimizers.schedules.CosineDecay(
        PEAK / 10, max(1, steps - warm_up), warmup_target=PEAK, warmup_steps=warm_up
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=DECAY)
    optimizer.exclude_from_weight_decay(
        var_names=["gamma", "beta", "bias", "importance", "temperature"]
    )
    model.compile(optimizer=optimizer, loss=contrastive)
    model.fit(batches, epochs=epochs, verbose=2)
    bare = ImageTextNetwork(len(words))
    bare.build()
    bare.set_weights(model.get_weights())
    return bare, words


def share(embedded, texts, labels):
    """Returns the share of images whose nearest text is that of their label."""
    return round(float(np.mean((embedded @ texts.T).argmax(1) == labels)), 5)


def judge(stem, directory):
    """Returns the zero-shot accuracies, on both test sets, of the encoder written at `stem`."""
    encoder = ImageTextFeatures(stem=stem)
    everything = encoder.embed_text([captions.captions(label)[0] for label in range(20)])
    results = {}
    for name, names, first, trained, held_out in (
        ("cifar10", captions.PHOTOS, 0, captions.PHOTO_WORDINGS, captions.HELD_OUT_PHOTO_WORDINGS),
        ("mnist", captions.DIGITS, 10, captions.DIGIT_WORDINGS, captions.HELD_OUT_DIGIT_WORDINGS),
    ):
        dataset = load(name, directory=directory, split="test")
        embedded = encoder(dataset.images)
        results[name] = {
            "data_digest": dataset.digest,
            "among_all_twenty": share(embedded, everything, dataset.labels + first),
        }
        for key, wordings in (("trained_wording", trained[:1]), ("held_out_wordings", held_out)):
            results[name][key] = {
                wording: share(
                    embedded,
                    encoder.embed_text([wording.format(each[0]) for each in names]),
                    dataset.labels,
                )
                for wording in wordings
            }
    return results


def main(arguments=None):
    """Trains and ships one encoder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", required=True, help="folder of TensorFlow Datasets")
    parser.add_argument("--seed", type=int, default=0, help="of weights, order, captions")
    parser.add_argument("--policy", default="float32", help="precision policy of the training")
    parser.add_argument("--stem", type=Path, default=STEM, help="where to write, without ending")
    options = parser.parse_args(arguments)
    start_backend()
    started, start = time.monotonic(), CifarFeatures()
    photos, digits = both_sets(options.directory)
    network, words = train(
        np.concatenate([photos.images, digits.images]),
        np.concatenate([photos.labels, digits.labels + 10]),
        options.seed,
        start.network,
        EPOCHS,
        options.policy,
    )
    record = {
        "preprocessing": "one channel repeated, antialiased bilinear resize to 32x32, / 255",
        "data": f"cifar10 {photos.version}, 50,000 images, and mnist {digits.version}, 60,000 "
        "(TensorFlow Datasets), each with a caption of its class drawn anew in every epoch",
        "data_digest": {"cifar10": photos.digest, "mnist": digits.digest},
        "start": f"image tower from the CIFAR-10 classifier {start.digest}",
        "words": words,
        "seed": options.seed,
        "epochs": EPOCHS,
        "batch": BATCH,
        "optimizer": f"AdamW, peak {PEAK}, {WARM_UP:.0%} of the steps warm-up, cosine to zero, "
        f"weight decay {DECAY} of the kernels",
        "augmentation": f"+-{SHIFT} pixels, mirrored edges; half of the photographs flipped; "
        f"{FORGET:.0%} of the words around the class left out",
        "policy": options.policy,
        "backend": keras.backend.backend(),
        "keras": keras.__version__,
        "minutes": round((time.monotonic() - started) / 60, 1),
        "date": date.today().isoformat(),
        "command": "python -m app.metrics.features.train_image_text --directory DATA "
        f"--seed {options.seed} --policy {options.policy}",
    }
    write_shipped(network, options.stem, record)
    record["test"] = judge(options.stem, options.directory)  # of the files as shipped
    write_shipped(network, options.stem, record)
    print(record["test"])


if __name__ == "__main__":
    main()
