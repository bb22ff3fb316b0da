import keras
import numpy as np
import pytest

from callbacks import StochasticWeightAveraging
from tests.callbacks.models import CLEAN, SUMS, Then, bits_equal, fit, largest_difference, linear


def normalized_model():
    keras.utils.set_random_seed(2)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(5),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.SGD(0.05), loss="mse")
    return model


def snapshots(model, average, **arguments):
    epochs = []
    record = Then(lambda model, epoch, logs: epochs.append(model.get_weights()))
    fit(model, average, record, **arguments)
    return epochs


def test_mean_of_the_last_epochs():
    model, average = linear(), StochasticWeightAveraging(start_epoch=2)
    epochs = snapshots(model, average, epochs=5)
    assert average.epochs_averaged == 3
    expected = [
        np.mean(values, axis=0, dtype="float64") for values in zip(*epochs[2:], strict=True)
    ]
    assert largest_difference(average.weights(), expected) < 1e-7
    assert bits_equal(model.get_weights(), epochs[-1])
    with average.swapped(model):
        assert bits_equal(model.get_weights(), average.weights())
    assert bits_equal(model.get_weights(), epochs[-1])
    fit(model, average, epochs=3)
    assert average.epochs_averaged == 4


def test_recomputed_statistics_are_the_mean_over_the_batches():
    model = normalized_model()
    batches = [(part, None) for part in np.split(CLEAN, 6)]
    average = StochasticWeightAveraging(1, batch_norm_data=batches)
    fit(model, average, epochs=3)
    before = [np.array(v.numpy()) for v in model.variables]
    kernel, bias, gamma, beta, mean, variance, *_ = average.weights()
    hidden = [part.astype("float64") @ kernel + bias for part, _ in batches]
    np.testing.assert_allclose(mean, np.mean([h.mean(0) for h in hidden], axis=0), atol=1e-5)
    np.testing.assert_allclose(variance, np.mean([h.var(0) for h in hidden], axis=0), atol=1e-5)
    assert bits_equal([v.numpy() for v in model.variables], before), "seeds and statistics too"
    assert model.layers[1].momentum == 0.99


@pytest.mark.parametrize("kind", ["average", "copy"])
def test_statistics_averaged_or_copied(kind):
    model = normalized_model()
    average = StochasticWeightAveraging(1, batch_norm=kind)
    epochs = snapshots(model, average, epochs=3)
    means = [np.mean(values, axis=0, dtype="float64") for values in zip(*epochs[1:], strict=True)]
    weights = average.weights()
    expected = means if kind == "average" else [*means[:4], *epochs[-1][4:6], *means[6:]]
    assert largest_difference(weights, expected) < 1e-6


def test_state_goes_round():
    model, average = linear(), StochasticWeightAveraging(0)
    fit(model, average)
    other = StochasticWeightAveraging(0)
    other.set_model(model)
    other.restore(average.state())
    assert bits_equal(other.weights(), average.weights())
    assert other.epochs_averaged == 2


def test_swap_at_end_and_nan_epochs_left_out():
    model = linear()
    average = StochasticWeightAveraging(0, swap_at_end=True)
    epochs = snapshots(model, average, epochs=2)
    expected = [np.mean(values, axis=0, dtype="float64") for values in zip(*epochs, strict=True)]
    assert largest_difference(model.get_weights(), expected) < 1e-7
    average.on_epoch_end(5, {"loss": float("nan")})
    assert average.epochs_averaged == 2


def test_data_may_be_a_py_dataset_or_a_function():
    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            return CLEAN[index * 6 : index * 6 + 6], SUMS[index * 6 : index * 6 + 6]

    model = normalized_model()
    average = StochasticWeightAveraging(0, batch_norm_data=Batches())
    fit(model, average, epochs=1)
    first = average.weights()
    average.batch_norm_data = lambda: iter(np.split(CLEAN, 4))
    average._statistics = None
    assert bits_equal(average.weights(), first)


def test_errors_are_sentences():
    with pytest.raises(ValueError, match='"recompute", "average" or "copy"'):
        StochasticWeightAveraging(0, batch_norm="other")
    with pytest.raises(ValueError, match="`batch_norm_data` is missing"):
        fit(normalized_model(), StochasticWeightAveraging(0))
    average = StochasticWeightAveraging(9)
    fit(linear(), average)
    with pytest.raises(ValueError, match="before the end of epoch 9"):
        average.weights()
    for data, words in [(CLEAN, "Received one array"), ([], "gave no batch")]:
        average = StochasticWeightAveraging(0, batch_norm_data=data)
        fit(normalized_model(), average, epochs=1)
        with pytest.raises(ValueError, match=words):
            average.weights()
