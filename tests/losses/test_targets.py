import keras
import numpy as np
import pytest

from losses import ActivePassive, CrossEntropy, MeanAbsoluteError, ReverseCrossEntropy
from losses.targets import as_targets
from tests.checks import assert_close
from tests.losses.formulas import value_and_gradient

LOGITS = np.zeros((2, 3), "float32")


@pytest.mark.parametrize(
    "labels, words",
    [
        ([0, 3], "whole numbers from 0 to 2.*Received: 3"),
        ([-1, 0], "Received: -1"),
        ([0.5, 1], "Received: 0.5"),
        ([[0], [3]], "Received: 3"),
        ([[0.5, 0.4, 0.0], [1, 0, 0]], "each row of sum 1.*0.9"),
        ([[1, 1, 0], [1, 0, 0]], "with sums from 1 to 2"),
        ([[1.5, -0.5, 0], [1, 0, 0]], "not negative.*from -0.5 to 1.5"),
        ([float("nan"), 0], "Received: nan"),
    ],
)
@pytest.mark.parametrize("kind", [list, np.asarray])
def test_values_that_are_no_labels_are_refused(labels, words, kind):
    with pytest.raises(ValueError, match=words):
        MeanAbsoluteError()(kind(labels), LOGITS)


@pytest.mark.parametrize(
    "labels, logits",
    [
        (np.zeros(3), LOGITS),
        (np.zeros((1,)), LOGITS),
        (np.full((2, 2), 0.5), LOGITS),
        (np.zeros((2, 1, 1)), LOGITS),
        (np.zeros((2, 3, 1)), LOGITS),
    ],
)
def test_shapes_that_do_not_fit_are_told(labels, logits):
    with pytest.raises(ValueError, match=r"\(2,\), class numbers, or \(2, 3\), one-hot"):
        CrossEntropy()(keras.ops.convert_to_tensor(labels), logits)


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_logits_need_two_classes(shape):
    with pytest.raises(ValueError, match="at least 2 classes"):
        CrossEntropy()(np.zeros(4), np.zeros(shape, "float32"))


@pytest.mark.parametrize("count", [2, 5])
def test_weights_need_the_number_of_samples(count):
    with pytest.raises(ValueError, match="one weight for each of the 4 samples"):
        CrossEntropy()(np.zeros(4), np.zeros((4, 3), "float32"), np.ones(count))


@pytest.mark.parametrize("jit", [False, True])
def test_compiled_code_answers_a_wrong_label_with_nan_for_that_sample(jit):
    labels = keras.ops.convert_to_tensor([1.0, -1.0, 3.0, 0.5, float("nan"), 2.0])
    loss = ReverseCrossEntropy(reduction="sum")
    value, gradient = value_and_gradient(loss, labels, np.zeros((6, 3), "float32"), jit=jit)
    assert np.isnan(value)
    assert np.all(np.isfinite(gradient[[0, 5]])) and np.all(np.isnan(gradient[1:5]))


def test_fit_does_not_ignore_a_wrong_label():
    model = keras.Sequential([keras.layers.Dense(3)])
    model.compile("sgd", MeanAbsoluteError())
    history = model.fit(np.ones((4, 2)), np.array([0, 1, 2, 3]), verbose=0).history
    assert np.isnan(history["loss"][0])


def test_targets_of_class_numbers_by_hand():
    targets = as_targets(keras.ops.convert_to_tensor([[2.0], [0.0]]), keras.ops.ones((2, 3)))
    assert_close(targets, np.array([[0, 0, 1], [1, 0, 0]]), 0)


@pytest.mark.skipif(
    keras.backend.backend() == "jax", reason="Keras leaves no mark of a softmax on JAX's arrays"
)
@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
@pytest.mark.parametrize("layer", [True, False])
def test_probabilities_are_refused_in_fit(activation, layer):
    end = [keras.layers.Activation(activation)] if layer else []
    first = keras.layers.Dense(3, activation=None if layer else activation)
    model = keras.Sequential([first, *end])
    model.compile("sgd", ActivePassive(CrossEntropy(), MeanAbsoluteError()))
    with pytest.raises(ValueError, match="Expected logits"):
        model.fit(np.ones((4, 2)), np.zeros(4), verbose=0)


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("kind", [np.asarray, np.ndarray.tolist, keras.ops.convert_to_tensor])
@pytest.mark.parametrize("classes", [2, 10, 1000])
@pytest.mark.parametrize("scale", [0.1, 3.0, 300.0])
def test_probabilities_are_refused_by_their_values(kind, classes, scale):
    random = np.random.default_rng(classes)
    logits = (scale * random.normal(size=(128, classes))).astype("float32")
    labels = random.integers(0, classes, 128)
    CrossEntropy()(labels, kind(logits))
    with pytest.raises(ValueError, match="Expected logits. Received prob.*logarithm of the prob"):
        CrossEntropy()(labels, kind(softmax(logits)))
    CrossEntropy()(labels, kind(np.log(np.maximum(softmax(logits), 1e-30))))  # as the error advises


def test_probabilities_of_keras_are_refused_by_their_values():
    logits = np.random.default_rng(0).normal(size=(4, 3, 10)).astype("float32")
    values = keras.ops.convert_to_numpy(keras.ops.softmax(logits))  # no mark on these
    with pytest.raises(ValueError, match="Received probabilities"):
        MeanAbsoluteError()(np.zeros((4, 3)), values)


@pytest.mark.parametrize(
    "logits",
    [
        [[1.0, 0.0], [0.0, 1.0]],  # by hand
        [[0.5, 0.5], [0.5, 0.5]],  # an untrained network whose bias is 1 / classes
        [[0.7, 0.3], [0.7, 0.3 + 1e-7]],
        [[0.7, 0.3], [0.4, 0.5]],
        [[0.7, 0.3], [1.1, -0.1]],
        [[0.7, 0.3], [0.4, 0.6 + 1e-5]],
        [[0.2, 0.3, 0.5]],
    ],
)
def test_logits_that_resemble_probabilities_are_taken(logits):
    for kind in (np.asarray, keras.ops.convert_to_tensor):
        CrossEntropy()(np.zeros(len(logits)), kind(np.array(logits, "float32")))


def test_logits_are_never_taken_for_probabilities():
    # Not negative, of sum 1 on average, two classes and two samples: the worst case there is.
    random = np.random.default_rng(0)
    for logits in random.uniform(size=(2000, 2, 2)).astype("float32"):
        CrossEntropy()(np.zeros(2), logits)


@pytest.mark.parametrize("jit", [False, True])
def test_traced_values_are_left_alone(jit):
    probabilities = softmax(np.random.default_rng(0).normal(size=(4, 3)).astype("float32"))
    value, gradient = value_and_gradient(CrossEntropy(), np.zeros(4), probabilities, jit=jit)
    assert np.isfinite(value) and np.all(np.isfinite(gradient))


def test_an_unknown_batch_size_is_fine():
    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    model.compile("sgd", MeanAbsoluteError())
    history = model.fit(np.ones((5, 2)), np.zeros((5, 1), int), batch_size=2, verbose=0).history
    assert np.isfinite(history["loss"][0])
