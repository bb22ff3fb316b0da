import numpy as np

from callbacks import ExponentialMovingAverage, FrechetLogger
from tests.callbacks.models import Then, bits_equal, fit, linear


def test_numbers_are_in_the_logs_of_later_callbacks_and_the_history():
    seen = {}
    score = FrechetLogger(lambda model: np.float32(model.count_params()), every=2)
    look = Then(lambda model, epoch, logs: seen.update({epoch + 1: logs.get("fmd")}))
    history = fit(linear(), score, look, epochs=5)
    assert seen == {1: 21.0, 2: 21.0, 3: None, 4: 21.0, 5: 21.0}
    assert history.history["fmd"] == [21.0] * 4
    assert all(type(value) is float for value in history.history["fmd"])


def test_a_dict_of_scores_with_averaged_weights():
    scored, average = [], ExponentialMovingAverage(0.9)

    def score(model):
        scored.append(model.get_weights())
        return {"fmd": 1, "precision": 0.5}

    history = fit(linear(), average, FrechetLogger(score, average=average), epochs=1)
    assert bits_equal(scored[0], average.weights())
    assert (history.history["fmd"], history.history["precision"]) == ([1.0], [0.5])
