import keras
import numpy as np

from callbacks import training_cost
from callbacks.training_cost import TrainingCost


def test_median_of_the_epochs_without_compilation_and_validation(monkeypatch):
    """Four steps an epoch: 100 s with compilation, then 2 s and 6 s beside 10 s of validation."""
    clock = iter([0.0, 100.0, 200.0, 202.0, 300.0, 306.0])
    monkeypatch.setattr(training_cost.time, "perf_counter", lambda: next(clock))
    found = []
    cost = TrainingCost(found.append, memory=lambda: 123.0)
    cost.on_train_begin()
    for epoch in range(3):
        cost.on_epoch_begin(epoch)
        for batch in range(4):
            cost.on_train_batch_end(batch)
        cost.on_test_begin()
        cost.on_epoch_end(epoch)
    cost.on_train_end()
    assert found == [{"step_seconds": (0.5 + 1.5) / 2, "peak_megabytes": 123.0}]


def test_in_a_fit_of_one_epoch():
    found = []
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    inputs = np.ones((8, 2))
    cost = TrainingCost(found.append, memory=lambda: 1.0)
    model.fit(inputs, inputs[:, :1], validation_split=0.5, callbacks=[cost], verbose=0)
    assert len(found) == 1 and found[0]["step_seconds"] > 0


def test_says_nothing_of_a_training_that_did_nothing():
    found = []
    cost = TrainingCost(found.append, memory=lambda: 1.0)
    cost.on_train_begin()
    cost.on_train_end()
    assert not found
