import math

import numpy as np
import pytest

from layers import GridPosition
from tests.checks import assert_close, check_layer


def test_equals_the_formula_by_hand():
    """Eight channels: two frequencies, 1 and 1/100; token 5 of rows of three: column 2, row 1."""
    added = np.asarray(GridPosition(columns=3)(np.ones((1, 6, 8), "float32")))[0, 5] - 1
    expected = [math.sin(2), math.sin(0.02), math.cos(2), math.cos(0.02)]
    expected += [math.sin(1), math.sin(0.01), math.cos(1), math.cos(0.01)]
    assert_close(added, expected, 1e-6)


def test_no_two_places_look_alike():
    table = np.asarray(GridPosition(columns=32)(np.zeros((1, 1024, 64), "float32")))[0]
    distances = ((table[:, None] - table[None]) ** 2).sum(-1) + 9 * np.eye(1024)
    assert distances.min() > 0.1


def test_layer_contract(tmp_path):
    tokens = np.random.default_rng(0).normal(size=(2, 6, 8)).astype("float32")
    check_layer(GridPosition, {"columns": 3}, tokens, output_shape=tokens.shape, tmp_path=tmp_path)


def test_refuses_bad_arguments():
    with pytest.raises(ValueError, match="columns=0"):
        GridPosition(0)
    with pytest.raises(ValueError, match="maximum_period=1"):
        GridPosition(3, maximum_period=1)
    with pytest.raises(ValueError, match="rows of 4 tokens"):
        GridPosition(4)(np.zeros((1, 6, 8)))
    with pytest.raises(ValueError, match="that 4 divides"):
        GridPosition(3)(np.zeros((1, 6, 6)))
