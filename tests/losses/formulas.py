"""The losses once more, in NumPy float64, one label and one sample at a time; and gradients.

Written from the papers with p itself, loops and plain logarithms: nothing of the code under test.
"""

import keras
import numpy as np
from scipy.special import softmax

import losses


def cross_entropy(p, k):
    return -np.log(p[k])


def focal(p, k, gamma=0.5):
    return -((1 - p[k]) ** gamma) * np.log(p[k])


def share(loss, p, k):
    return loss(p, k) / sum(loss(p, j) for j in range(len(p)))


def absolute(p, k):
    return sum(abs(p[j] - (j == k)) for j in range(len(p))) / 2


LOG_ZERO = np.log(1e-4)


def reverse(p, k, log_zero=LOG_ZERO):
    return -sum(p[j] * (0.0 if j == k else log_zero) for j in range(len(p)))


def generalized(p, k, q=0.7):
    return (1 - p[k] ** q) / q


def negative(loss, p, k, least=1e-7):
    largest = loss(np.array([least]), 0)
    flipped = [largest - loss(np.maximum(p, least), j) for j in range(len(p))]
    return 1 - flipped[k] / sum(flipped)


def stretched(p, k, a):
    return sum((a * (j == k) - p[j]) ** 2 for j in range(len(p))) / len(p)


def moved(p, k, a, q):
    return ((a + 1) ** q - (a + p[k]) ** q) / q


# name: (the loss, its formula of p and label)
CASES = {
    "cross entropy": (losses.CrossEntropy, cross_entropy),
    "focal": (losses.Focal, focal),
    "focal 2": (lambda: losses.Focal(gamma=2.0), lambda p, k: focal(p, k, 2.0)),
    "NCE": (losses.NormalizedCrossEntropy, lambda p, k: share(cross_entropy, p, k)),
    "NFL": (losses.NormalizedFocal, lambda p, k: share(focal, p, k)),
    "MAE": (losses.MeanAbsoluteError, absolute),
    "RCE": (losses.ReverseCrossEntropy, reverse),
    "RCE -4": (lambda: losses.ReverseCrossEntropy(-4.0), lambda p, k: reverse(p, k, -4.0)),
    "GCE": (losses.GeneralizedCrossEntropy, generalized),
    "SCE": (
        lambda: losses.SymmetricCrossEntropy(0.3, 0.7),
        lambda p, k: 0.3 * cross_entropy(p, k) + 0.7 * reverse(p, k),
    ),
    "APL": (
        lambda: losses.ActivePassive(
            losses.NormalizedFocal(2.0), losses.ReverseCrossEntropy(), alpha=2.0, beta=0.5
        ),
        lambda p, k: 2 * share(lambda p, k: focal(p, k, 2), p, k) + 0.5 * reverse(p, k),
    ),
    "ANL-CE": (
        losses.ActiveNegative,
        lambda p, k: 5 * share(cross_entropy, p, k) + 5 * negative(cross_entropy, p, k),
    ),
    "ANL-FL": (
        lambda: losses.ActiveNegative(losses.Focal(), alpha=2.0, beta=3.0, least=1e-3),
        lambda p, k: 2 * share(focal, p, k) + 3 * negative(focal, p, k, 1e-3),
    ),
    "AMSE": (losses.AsymmetricMeanSquare, lambda p, k: stretched(p, k, 30)),
    "AGCE": (losses.AsymmetricGeneralizedCrossEntropy, lambda p, k: moved(p, k, 0.6, 0.6)),
    "AGCE 1.5": (
        lambda: losses.AsymmetricGeneralizedCrossEntropy(a=6, q=1.5),
        lambda p, k: moved(p, k, 6, 1.5),
    ),
}

# Those whose sum over all labels is the same for every p, and that sum for K classes.
SYMMETRIC = {
    "NCE": lambda classes: 1,
    "NFL": lambda classes: 1,
    "MAE": lambda classes: classes - 1,
    "RCE": lambda classes: -np.log(1e-4) * (classes - 1),
    "RCE -4": lambda classes: 4 * (classes - 1),
    "APL": lambda classes: 2 - 0.5 * np.log(1e-4) * (classes - 1),
    "ANL-CE": lambda classes: 5 + 5 * (classes - 1),
    "ANL-FL": lambda classes: 2 + 3 * (classes - 1),
}


def expected(formula, logits, targets):
    """The loss of each sample: the mean over labels drawn from its row of `targets`."""
    logits = np.asarray(logits, "float64")
    return np.array(
        [
            sum(row[k] * formula(p, k) for k in range(len(p)) if row[k] > 0)
            for p, row in zip(softmax(logits, axis=-1), targets, strict=True)
        ]
    )


def value_and_gradient(loss, labels, logits, weights=None, jit=False):
    """Loss and its gradient with respect to the logits, float32 arrays, on the running backend."""
    if keras.backend.backend() == "jax":
        import jax

        function = jax.value_and_grad(lambda logits: loss(labels, logits, weights))
        value, gradient = (jax.jit(function) if jit else function)(jax.numpy.asarray(logits))
    else:
        import tensorflow as tf

        @tf.function(jit_compile=jit)
        def function(logits):
            with tf.GradientTape() as tape:
                tape.watch(logits)
                value = loss(labels, logits, weights)
            return value, tape.gradient(value, logits)

        value, gradient = function(tf.constant(logits))
    return np.asarray(value, "float32"), np.asarray(gradient, "float32")


def differences(function, values, step=1e-6):
    """Central differences of a function of one array, in float64."""
    values = np.asarray(values, "float64")
    result = np.zeros_like(values)
    for index in np.ndindex(values.shape):
        shift = np.zeros_like(values)
        shift[index] = step
        result[index] = (function(values + shift) - function(values - shift)) / (2 * step)
    return result
