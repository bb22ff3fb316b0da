"""The shipped image-text encoder: does an image of digits or of CIFAR-10's things fit a text?

CLIP knows the world and is a download of hundreds of megabytes; this one knows twenty things and
ships with the repository. Trained on captioned CIFAR-10 and MNIST (`train_image_text`).
"""

import hashlib
from pathlib import Path

import numpy as np
from keras import ops

from app.errors import UserError
from app.metrics.features.captions import split_words
from app.metrics.features.cifar_classifier import prepare
from app.metrics.features.image_text_network import ImageTextNetwork
from app.metrics.features.shipped import ShippedNetwork

STEM = Path(__file__).with_name("image_text_encoder")


class ImageTextFeatures(ShippedNetwork):
    """Embeds small images and short texts on one unit sphere; their cosine says whether they fit.

    It knows the ten classes of CIFAR-10 (and some synonyms), the ten digits in figures and words,
    and ordinary wordings around them such as "a photo of a {class}" and "a handwritten digit {n}".
    The order of words, an ending "s" and unknown words say nothing: "a photo of a zebra" is read as
    "a photo of a".
    Images as in `CifarFeatures`: a grey image becomes three equal channels, other sizes become
    32x32. Digits must be bright on dark.

    Args:
        batch_size: int, at least 1; images per pass. Embeddings do not depend on it.
        stem: path without ending of the weights and their record. Default: the shipped ones.

    Call arguments:
        images: uint8 `(samples, height, width, channels)`, any size, 1 or 3 channels.

    Output shape:
        `(samples, 128)`, float32, rows of length one; `embed_text` gives `(texts, 128)`.

    Raises:
        UserError: if the weights are missing or their sha256 is not the recorded one.
        ValueError: if the images are not a uint8 batch of grey or colour images.

    Example:
        >>> encoder = ImageTextFeatures()
        >>> texts = encoder.embed_text(["a photo of a dog", "a handwritten digit 3"])
        >>> (encoder(np.zeros((2, 28, 28, 1), "uint8")) @ texts.T).shape
        (2, 2)
    """

    name = "image-text"
    title = "image-text encoder"
    script = "app.metrics.features.train_image_text"
    dimension = 128
    stem = STEM

    def __init__(self, batch_size=250, stem=None):
        super().__init__(batch_size, stem)
        # The words are half of what makes the embeddings of texts.
        both = f"{self.digest} {' '.join(self.record['words'])}"
        self.digest = hashlib.sha256(both.encode()).hexdigest()

    def make(self):
        """Returns the network, built."""
        network = ImageTextNetwork(len(self.record["words"]))
        network.build()
        return network

    def prepare(self, images):
        """Returns what the network takes, of uint8 images of any size."""
        return prepare(images)

    def __call__(self, images):
        """Returns the embeddings of images."""
        return self.through(lambda x: (self.network.embed_images(x),), images, (self.dimension,))[0]

    def embed(self, images):
        """Returns the embeddings of float images of 0 to 255, a tensor with gradients.

        Args:
            images: float32 tensor `(samples, height, width, 3 or 1)`.
        """
        images = images / 255.0
        if images.shape[1:3] != (32, 32):
            images = ops.image.resize(
                images,
                (32, 32),
                interpolation="bilinear",
                antialias=True,
                data_format="channels_last",
            )
        if images.shape[-1] == 1:
            images = ops.repeat(images, 3, axis=-1)
        return self.network.embed_images(images)

    def embed_text(self, texts):
        """Returns the embeddings of texts.

        Args:
            texts: list of str.

        Raises:
            UserError: if no word of a text is known.
            ValueError: if one string comes instead of a list.
        """
        counts = ops.convert_to_tensor(count_words(texts, self.record["words"]))
        return ops.convert_to_numpy(self.network.embed_words(counts))


def count_words(texts, words):
    """Returns how often each known word stands in each text, float32 `(texts, words)`.

    Args:
        texts: list of str.
        words: list of str; the vocabulary.

    Raises:
        UserError: if no word of a text is known.
        ValueError: if one string comes instead of a list.

    Example:
        >>> count_words(["dog, dogs and zebra"], ["cat", "dog"]).tolist()
        [[0.0, 2.0]]
    """
    if isinstance(texts, str):
        raise ValueError(f"A list of texts is expected. Received: the text '{texts}'; wrap it.")
    places = {word: place for place, word in enumerate(words)}
    counts = np.zeros((len(texts), len(words)), np.float32)
    for text, row in zip(texts, counts, strict=True):
        found = split_words(text)
        for word in found:
            place = places.get(word, places.get(word.removesuffix("s")))
            if place is not None:
                row[place] += 1
        if not row.any():
            unknown = ", ".join(f"'{word}'" for word in dict.fromkeys(found)) or "no word"
            raise UserError(
                f"The image-text encoder knows CIFAR-10's classes, the digits and {len(words)} "
                f"words in all, and none of the text '{text}'. Received: {unknown}. Ask with "
                "a known one, e.g. 'a photo of a dog' or 'a handwritten digit 3'."
            )
    return counts
