import json

import keras
import numpy as np
import pytest
from keras import ops

from app.diffusion.condition import AttributeCondition, ClassCondition, NoCondition
from app.errors import UserError


def test_nulls():
    assert NoCondition().null(3) is None
    np.testing.assert_array_equal(ops.convert_to_numpy(ClassCondition(10).null(2)), [10, 10])
    assert ops.convert_to_numpy(AttributeCondition("abcd").null(2)).tolist() == [[0.0] * 4] * 2


def test_dropping_is_as_often_as_asked_and_whole():
    seed = keras.random.SeedGenerator(1)
    labels = np.arange(4000) % 10
    dropped = ops.convert_to_numpy(ClassCondition(10).drop(labels, 0.2, seed))
    assert abs(np.mean(dropped == 10) - 0.2) < 4 * np.sqrt(0.2 * 0.8 / 4000)
    np.testing.assert_array_equal(dropped[dropped != 10], labels[dropped != 10])
    vectors = ops.convert_to_numpy(AttributeCondition("abc").drop(np.ones((4000, 3)), 0.2, seed))
    assert set(vectors.sum(1).tolist()) == {0.0, 3.0}
    assert abs(np.mean(vectors[:, 0] == 0) - 0.2) < 4 * np.sqrt(0.2 * 0.8 / 4000)
    assert NoCondition().drop(None, 0.2, seed) is None


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_dropping_none_or_all(rate):
    seed = keras.random.SeedGenerator(1)
    dropped = ops.convert_to_numpy(ClassCondition(10).drop(np.zeros(500, "int32"), rate, seed))
    assert np.all(dropped == (10 if rate else 0))
    vectors = ops.convert_to_numpy(AttributeCondition("ab").drop(-np.ones((500, 2)), rate, seed))
    assert np.all(vectors == (0 if rate else -1))


def test_check_passes_the_good_and_refuses_the_bad():
    assert ClassCondition(3).check([0, 2, 3]).dtype == np.int32
    assert AttributeCondition("ab").check([[1, -1], [0, 0.5]]).dtype == np.float32
    assert NoCondition().check(None) is None
    for bad in ([4], [-1], [0.5], [[1]], 1):
        with pytest.raises(UserError, match="integers from 0 to 2"):
            ClassCondition(3).check(bad)
    for bad in ([1, 1], [[1, 2]], [[1, 1, 1]], [["a", "b"]], [[np.nan, 0]]):
        with pytest.raises(UserError, match="vectors of 2 numbers"):
            AttributeCondition("ab").check(bad)
    with pytest.raises(UserError, match="unconditional"):
        NoCondition().check([1])
    with pytest.raises(ValueError, match="at least 1"):
        ClassCondition(0)


@pytest.mark.parametrize("kind", [NoCondition(), ClassCondition(7), AttributeCondition("abcd")])
def test_kinds_survive_json(kind):
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(kind)))
    revived = keras.saving.deserialize_keras_object(config)
    assert type(revived) is type(kind) and revived.get_config() == kind.get_config()


def test_combinations_of_names_become_vectors():
    condition = AttributeCondition(["Bald", "Male", "Young"])
    vectors = condition.vectors(["Male", "Young, Bald", "none", "any"])
    assert vectors.dtype == np.float32
    assert vectors.tolist() == [[-1, 1, -1], [1, -1, 1], [-1, -1, -1], [0, 0, 0]]
    for wrong in ("bald", "Male,Old", "", "none,Male"):
        with pytest.raises(UserError, match="knows no attribute .*Known: Bald, Male, Young"):
            condition.vectors([wrong])
    for names in ((), ("Male", "Male"), ("Bald,Male",)):
        with pytest.raises(ValueError, match="each once"):
            AttributeCondition(names)
