import csv
import json

import pytest

from app.measuring.trials import _known, as_csv

COLUMNS = {"sampler": "ddim", "steps": 5, "guidance": 0.0, "samples": 16, "seconds_an_image": 0.25}


def test_csv_has_every_score_and_leaves_out_what_a_row_lacks():
    rows = [
        {"weights": "raw", **COLUMNS, "scores": {"fid": {"value": 2.5, "interval": [2, 3]}}},
        {"weights": "ema", **COLUMNS, "scores": {"recall": {"value": 0.5, "floor": 0.9}}},
    ]
    table = list(csv.DictReader(as_csv(rows).splitlines()))
    assert table[0]["weights"] == "raw" and table[0]["seconds_an_image"] == "0.25"
    assert [table[0][f"fid.{part}"] for part in ("value", "floor")] == ["2.5", ""]
    assert [table[0][f"fid.interval_{end}"] for end in ("low", "high")] == ["2", "3"]
    assert table[1]["fid.value"] == "" and table[1]["recall.floor"] == "0.9"


@pytest.mark.parametrize("text", ["{torn", "[]", "3", '{"a": 1}', '{"a": {"weights": "raw"}}'])
def test_damaged_rows_are_measured_again(tmp_path, text):
    path = tmp_path / "steps.json"
    assert _known(path) == {}
    path.write_text(text)
    assert _known(path) == {}


def test_whole_rows_are_taken_up(tmp_path):
    rows = {"a": {"weights": "raw", **COLUMNS, "scores": {"fid": {"value": 2.5}}}}
    (tmp_path / "steps.json").write_text(json.dumps(rows))
    assert _known(tmp_path / "steps.json") == rows
