import io
import json
import math

import pytest
from rich.console import Console

from app.compare import compare, comparison
from app.errors import UserError
from app.run import Run


@pytest.fixture(autouse=True)
def seeded():
    """Nothing here draws numbers: the shared fixture, which clears Keras, is not needed."""


@pytest.fixture
def runs(tmp_path):
    made = []
    for rate in (1e-3, 2e-3):
        config = {"optimizer": {"learning_rate": rate, "name": "adam"}, "widths": [8, 16]}
        facts = {"backend": "jax", "git": {"commit": "c" * 40, "dirty": rate > 1e-3}}
        run = Run.create("digits", config, "diffusion", tmp_path, facts)
        run.log({"loss": rate * 100, "val_loss": 1.0}, 0)
        run.log({"loss": rate * 10}, 1)
        made.append(run)
    score = {"name": "frechet", "value": 3.512345, "samples": 2000, "floor": 1, "interval": [3, 4]}
    made[0].path("scores.json").write_text(
        json.dumps({"frechet": {**score, "extractor": "digits"}})
    )
    made[1].log({"frechet": math.nan}, 2)
    return made


def test_comparison(runs):
    found = comparison(runs)
    assert found["runs"] == [run.id for run in runs]
    assert found["config"] == {"optimizer.learning_rate": [1e-3, 2e-3]}
    assert found["run"] == {"git": ["c" * 10, "c" * 10 + " + changes"]}
    assert found["metrics"]["loss"] == [[0.01, 1], [0.02, 1]]
    assert found["metrics"]["val_loss"] == [[1.0, 0], [1.0, 0]]
    assert set(found["metrics"]) == {"loss", "val_loss", "frechet"}
    score, none = found["scores"]["frechet"]
    assert score == {"value": 3.512345, "samples": 2000, "floor": 1, "interval": [3, 4]}
    assert none is None


def test_table(runs, tmp_path):
    out = io.StringIO()
    Console(file=out, width=140).print(compare([run.id for run in runs], tmp_path))
    text = out.getvalue()
    lines = {line.split("│")[1].strip(): line for line in text.splitlines() if line.count("│") > 2}
    assert (
        "0.001" in lines["optimizer.learning_rate"] and "0.002" in lines["optimizer.learning_rate"]
    )
    assert "0.01 (1)" in lines["loss"]
    assert "3.512 (n 2,000; floor 1; 3 to 4)" in text and "nan (2)" in text
    assert runs[0].id in text and "widths" not in text


def test_json(runs, tmp_path):
    text = compare([run.id for run in runs], tmp_path, as_json=True)
    found = json.loads(text, parse_constant=lambda name: pytest.fail(name))
    assert found["metrics"]["frechet"] == [None, ["nan", 2]]


def test_scores_by_name(runs):
    runs[0].path("scores.json").write_text('{"accuracy": 0.9, "kid": {"value": 2, "samples": 10}}')
    scores = comparison(runs)["scores"]
    assert scores["accuracy"][0] == {"value": 0.9} and scores["kid"][0]["samples"] == 10


def test_unknown_run(runs, tmp_path):
    with pytest.raises(UserError, match="No run 'nothing'"):
        compare([runs[0].id, "nothing"], tmp_path)
