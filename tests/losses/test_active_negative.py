import keras
import numpy as np
import pytest

from losses import (
    ActiveNegative,
    AsymmetricMeanSquare,
    CrossEntropy,
    Focal,
    MeanAbsoluteError,
    NormalizedCrossEntropy,
    NormalizedFocal,
)
from tests.checks import assert_close

LOGITS = np.random.default_rng(7).normal(scale=3, size=(8, 4)).astype("float32")
LABELS = np.arange(8) % 4


def test_negative_part_by_hand():
    # least 2^-6, p = (1/2, 1/4, 1/4): A - C = (6 - 1, 6 - 2, 6 - 2) ln 2.
    loss = ActiveNegative(alpha=0, beta=1, least=2**-6)
    logits = np.log([[2.0, 1.0, 1.0]]).astype("float32")
    for label, value in enumerate((8 / 13, 9 / 13, 9 / 13)):
        assert_close(loss([label], logits), value, 1e-6)


def test_probabilities_below_the_least_count_as_it():
    loss = ActiveNegative(alpha=0, beta=1)
    assert_close(loss([1], np.array([[40.0, 0.0, 0.0]], "float32")), 1.0, 1e-6)
    assert_close(loss([0], np.array([[40.0, 0.0, 0.0]], "float32")), 0.0, 1e-6)


@pytest.mark.parametrize(
    "base, active",
    [(CrossEntropy(), NormalizedCrossEntropy()), (Focal(2.0), NormalizedFocal(2.0))],
)
def test_active_part_is_the_normalised_loss(base, active):
    alone = ActiveNegative(base, alpha=3, beta=0)
    assert_close(alone(LABELS, LOGITS), 3 * float(active(LABELS, LOGITS)), 1e-6)


def test_l1_stands_beside_the_loss():
    delta = 0.01
    l1 = keras.regularizers.L1(delta)
    head = keras.layers.Dense(4, kernel_regularizer=l1, bias_regularizer=l1)
    model = keras.Sequential([keras.Input((4,)), head])
    model.compile("sgd", ActiveNegative())
    logits = keras.ops.convert_to_numpy(model(LOGITS))
    norm = sum(np.abs(weight).sum() for weight in model.get_weights())
    total = float(ActiveNegative()(LABELS, logits)) + delta * norm
    assert model.evaluate(LOGITS, LABELS, verbose=0) == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"base": "ce"}, r"`base` must be losses.CrossEntropy\(\) or losses.Focal\(\).*'ce'"),
        ({"base": NormalizedCrossEntropy()}, "each is normalised here.*NormalizedCrossEntropy"),
        ({"base": NormalizedFocal()}, "NormalizedFocal"),
        ({"base": AsymmetricMeanSquare()}, "AsymmetricMeanSquare"),
        ({"base": MeanAbsoluteError()}, "MeanAbsoluteError"),
        ({"alpha": -1}, "alpha=-1"),
        ({"alpha": 0, "beta": 0}, "beta=0"),
        ({"least": 0}, "least=0"),
        ({"least": 0.5}, "least=0.5"),
    ],
)
def test_refuses_arguments_out_of_range(arguments, words):
    with pytest.raises(ValueError, match=words):
        ActiveNegative(**arguments)
