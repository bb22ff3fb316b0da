import keras
import numpy as np

from losses import CrossEntropy
from tests.checks import assert_close

LOGITS = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")


def test_value_by_hand():
    # Odds 3 : 1 : 4, so p = (3/8, 1/8, 1/2).
    logits = np.log([[3.0, 1.0, 4.0]]).astype("float32")
    for label, p in enumerate((3 / 8, 1 / 8, 1 / 2)):
        assert_close(CrossEntropy()(np.array([label]), logits), -np.log(p), 1e-6)


def test_it_is_the_cross_entropy_of_keras():
    labels, soft = np.array([0, 2, 1, 1]), np.full((4, 3), 1 / 3, "float32")
    sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, LOGITS)
    assert_close(CrossEntropy()(labels, LOGITS), float(sparse), 1e-6)
    dense = keras.losses.CategoricalCrossentropy(from_logits=True)(soft, LOGITS)
    assert_close(CrossEntropy()(soft, LOGITS), float(dense), 1e-6)
