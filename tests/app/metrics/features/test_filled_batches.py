import numpy as np
from keras import ops

from app.metrics.features.filled_batches import filled_batches


def test_one_shape_comes_and_no_row_is_lost():
    shapes, first, second = [], np.arange(10.0).reshape(5, 2), np.arange(5.0).reshape(5, 1)

    def function(left, right):
        shapes.append((left.shape, right.shape))
        return ops.convert_to_tensor(left[:, :1] + 100 * right)

    found = filled_batches(function, 2, 1, first, second)
    assert found.dtype == np.float32 and set(shapes) == {((2, 2), (2, 1))}
    assert found[:, 0].tolist() == [0, 102, 204, 306, 408]


def test_nothing_in_nothing_out():
    assert filled_batches(None, 2, 3, np.zeros((0, 4))).shape == (0, 3)
