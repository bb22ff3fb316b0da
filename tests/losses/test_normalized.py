import numpy as np
import pytest

from losses import CrossEntropy, NormalizedCrossEntropy, NormalizedFocal
from tests.checks import assert_close
from tests.losses.formulas import value_and_gradient

LOGITS = np.random.default_rng(3).normal(scale=3, size=(8, 4)).astype("float32")
LABELS = np.arange(8) % 4


def test_values_by_hand():
    # p = (1/2, 1/4, 1/4): logarithms to base 2 are -1, -2, -2.
    logits = np.log([[2.0, 1.0, 1.0]]).astype("float32")
    for label, share in enumerate((1 / 5, 2 / 5, 2 / 5)):
        assert_close(NormalizedCrossEntropy()(np.array([label]), logits), share, 1e-6)
    # gamma 1: F = (1/2 * 1, 3/4 * 2, 3/4 * 2).
    for label, share in enumerate((1 / 7, 3 / 7, 3 / 7)):
        assert_close(NormalizedFocal(1.0)(np.array([label]), logits), share, 1e-6)


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_uniform_probabilities_cost_one_share(classes):
    for loss in (NormalizedCrossEntropy(), NormalizedFocal()):
        assert_close(loss(np.array([1]), np.zeros((1, classes), "float32")), 1 / classes, 1e-6)


@pytest.mark.parametrize("detached", [False, True])
def test_gamma_0_is_normalized_cross_entropy(detached):
    value, gradient = value_and_gradient(NormalizedFocal(0.0, detached), LABELS, LOGITS)
    plain, plain_gradient = value_and_gradient(NormalizedCrossEntropy(), LABELS, LOGITS)
    assert_close(value, plain, 1e-6)
    assert_close(gradient, plain_gradient, 1e-6)


@pytest.mark.parametrize("gamma", [None, 0.5, 2.0, 8.0])
def test_between_0_and_1(gamma):
    loss = NormalizedCrossEntropy() if gamma is None else NormalizedFocal(gamma)
    far = np.concatenate([LOGITS, LOGITS * 100])
    each = [float(loss([label], [row])) for label in (0, 1) for row in far.tolist()]
    assert min(each) >= 0 and max(each) <= 1


def test_it_also_falls_when_two_wrong_classes_part():
    # Cross entropy does not care how the rest is shared out; this is why NCE underfits.
    near = np.log([[0.6, 0.2, 0.2]]).astype("float32")
    parted = np.log([[0.6, 0.399, 0.001]]).astype("float32")
    label = np.array([0])
    assert_close(CrossEntropy()(label, near), float(CrossEntropy()(label, parted)), 1e-6)
    assert NormalizedCrossEntropy()(label, parted) < NormalizedCrossEntropy()(label, near) - 0.05


def test_refuses_a_negative_gamma():
    with pytest.raises(ValueError, match="gamma=-0.5"):
        NormalizedFocal(-0.5)
