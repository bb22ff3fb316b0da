import keras
import numpy as np
import pytest

import losses
from tests.checks import assert_close
from tests.losses.formulas import value_and_gradient
from tests.losses.published import LABELS, LOGITS, VALUES

OURS = {
    "FL": losses.Focal(0.5, detached=True),
    "NFL": losses.NormalizedFocal(0.5, detached=True),
    "NCE": losses.NormalizedCrossEntropy(),
    "MAE": losses.MeanAbsoluteError(),
    "RCE": losses.ReverseCrossEntropy(),
    "GCE": losses.GeneralizedCrossEntropy(0.7),
    "SCE": losses.SymmetricCrossEntropy(0.1, 1.0),
    "NCE+RCE": losses.ActivePassive(
        losses.NormalizedCrossEntropy(), losses.ReverseCrossEntropy(), alpha=1, beta=1
    ),
    "AGCE": losses.AsymmetricGeneralizedCrossEntropy(0.6, 0.6),
    "ANL-CE": losses.ActiveNegative(alpha=5, beta=5),
    "ANL-FL": losses.ActiveNegative(losses.Focal(0.5, detached=True), alpha=5, beta=5),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_and_gradients_of_the_authors_code(name):
    published, gradient = VALUES[name]
    rows = len(gradient)
    value, ours = value_and_gradient(OURS[name], LABELS[:rows], LOGITS[:rows])
    assert_close(value, published, 2e-6)
    assert_close(ours, np.array(gradient), 2e-6)


@pytest.mark.parametrize("name", ["FL", "NFL"])
def test_detached_is_another_gradient_of_the_same_value(name):
    same = type(OURS[name])(0.5)
    value, gradient = value_and_gradient(same, LABELS, LOGITS)
    assert_close(value, VALUES[name][0], 2e-6)
    assert np.abs(gradient - np.array(VALUES[name][1])).max() > 1e-3
    keras.tree.assert_same_structure(same.get_config(), OURS[name].get_config())
