import keras
import numpy as np
import pytest

from layers import AttributeEmbedding, LabelEmbedding
from tests.checks import assert_close, check_layer


def test_label_contract(tmp_path):
    labels = np.array([0, 3, 4], "int32")
    layer, _ = check_layer(
        LabelEmbedding,
        {"classes": 4, "dimension": 6},
        labels,
        output_shape=(3, 6),
        tmp_path=tmp_path,
    )
    assert layer.table.shape == (5, 6)


def test_labels_look_up_rows_and_the_last_is_null():
    layer = LabelEmbedding(3, 2)
    layer.build((None,))
    table = np.arange(8.0).reshape(4, 2)
    layer.table.assign(table)
    assert_close(layer(np.array([2, 0, 3])), table[[2, 0, 3]])


def test_table_has_the_asked_deviation():
    layer = LabelEmbedding(99, 400, deviation=0.02)
    layer.build((None,))
    assert abs(keras.ops.convert_to_numpy(layer.table).std() / 0.02 - 1) < 0.02


def test_attribute_contract(tmp_path):
    values = np.array([[-1.0, 1.0, 0.0]], "float32")
    arguments = {"attributes": 3, "dimension": 5}
    check_layer(AttributeEmbedding, arguments, values, output_shape=(1, 5), tmp_path=tmp_path)


def test_attributes_go_through_two_layers():
    layer = AttributeEmbedding(3, 4)
    values = np.array([[-1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    layer(values)
    random = np.random.default_rng(0)
    first, bias, second, last = weights = [random.normal(size=w.shape) for w in layer.get_weights()]
    layer.set_weights(weights)
    hidden = values @ first + bias
    expected = (hidden / (1 + np.exp(-hidden))) @ second + last
    assert_close(layer(values), expected, 1e-5)


def test_refuses_bad_arguments():
    with pytest.raises(ValueError, match="classes=0"):
        LabelEmbedding(0, 4)
    with pytest.raises(ValueError, match="attributes=0"):
        AttributeEmbedding(0, 4)
    with pytest.raises(ValueError, match="3 attributes"):
        AttributeEmbedding(3, 4)(np.zeros((2, 4)))
