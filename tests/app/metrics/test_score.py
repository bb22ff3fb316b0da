import dataclasses
import json

import numpy as np
import pytest

from app.metrics.score import Score, digest


def test_one_line_says_value_n_and_floor():
    score = Score(
        "frechet", 3.25, 2000, floor=0.5, interval=(3.0, 3.5), extractor="pixels", reference="mnist"
    )
    assert str(score) == (
        "frechet 3.25 [3, 3.5], n = 2000, real against real 0.5, pixels against mnist"
    )
    assert str(Score("x", 1.0, 5, note="no floor")) == "x 1, n = 5 (no floor)"


def test_dict_is_json_and_the_score_is_frozen():
    score = Score("frechet", 3.25, 2000, interval=(np.float64(1.0), 2.0))
    record = json.loads(json.dumps(score.as_dict()))
    assert record["interval"] == [1.0, 2.0] and record["samples"] == 2000
    assert Score(**{**record, "interval": tuple(record["interval"])}) == score
    with pytest.raises(dataclasses.FrozenInstanceError):
        score.value = 1.0


def test_a_score_needs_a_number_and_samples():
    with pytest.raises(ValueError, match="at least one sample"):
        Score("frechet", 1.0, 0)
    with pytest.raises(ValueError, match="not finite"):
        Score("frechet", float("nan"), 3)


def test_digest_knows_type_shape_and_values():
    base = digest(np.arange(6, dtype="uint8"))
    assert base == digest(np.arange(12, dtype="uint8")[:6])
    others = [np.arange(6, dtype="int8"), np.arange(6, dtype="uint8").reshape(2, 3), np.ones(6)]
    assert base not in [digest(other) for other in others]
