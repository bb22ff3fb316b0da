"""A robust loss against cross entropy: real digits, two labels in five wrong."""

import keras
import numpy as np
from sklearn.datasets import load_digits

from losses import ActivePassive, CrossEntropy, NormalizedCrossEntropy, ReverseCrossEntropy

EPOCHS = 60


def trained(loss, seed=0):
    """(accuracy on clean test digits, share of the wrong training labels learnt by heart)."""
    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype("float32")
    random = np.random.default_rng(seed)
    order = random.permutation(len(images))
    train, test = order[:800], order[800:]
    wrong = random.random(800) < 0.4
    noisy = np.where(wrong, (labels[train] + random.integers(1, 10, 800)) % 10, labels[train])

    keras.utils.set_random_seed(seed)
    hidden = [keras.layers.Dense(128, activation="relu") for _ in range(2)]
    model = keras.Sequential([keras.Input((64,)), *hidden, keras.layers.Dense(10)])
    model.compile(keras.optimizers.Adam(3e-3), loss=loss)
    # One long epoch, in an order drawn here: the same batches on both backends.
    rows = np.concatenate([random.permutation(800) for _ in range(EPOCHS)])
    model.fit(images[train][rows], noisy[rows], batch_size=200, shuffle=False, verbose=0)
    answers = model.predict(images, batch_size=len(images), verbose=0).argmax(axis=-1)
    return np.mean(answers[test] == labels[test]), np.mean((answers[train] == noisy)[wrong])


def test_a_robust_loss_forgets_wrong_labels_and_cross_entropy_learns_them():
    accuracy, learnt = trained(CrossEntropy())
    robust = ActivePassive(NormalizedCrossEntropy(), ReverseCrossEntropy(), alpha=1, beta=1)
    robust_accuracy, robust_learnt = trained(robust)
    assert robust_accuracy > accuracy + 0.1
    assert robust_accuracy > 0.85
    assert learnt > 0.4 > 0.2 > robust_learnt
