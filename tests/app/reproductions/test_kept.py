"""Results in a file: which of them still belong to the runs of a table."""

import json
from pathlib import Path

import pytest

from app.config import to_dict
from app.errors import UserError
from app.recipes import load_recipe
from app.reproductions.kept import read_kept, setting, write_kept
from app.reproductions.measured import Measured, config_of
from app.reproductions.tables import TABLES

RESULTS = Path(__file__).parents[3] / "docs" / "results"


@pytest.fixture
def config():
    return to_dict(load_recipe("noisy-cifar10"))


def test_results_come_back_where_the_setting_is_the_same(config, tmp_path):
    path = tmp_path / "kept" / "results.json"
    assert read_kept(path, {"a": config}) == {}
    results = {"a": {"config": setting(config), "scores": {"x": 1.0}}}
    write_kept(path, results)
    assert read_kept(path, {"a": config, "b": config}) == results
    other = {**config, "training": {**config["training"], "epochs": 16}}
    assert read_kept(path, {"a": other}) == {}


def test_an_option_that_there_was_not_yet_had_its_default(config, tmp_path):
    path = tmp_path / "results.json"
    old = json.loads(json.dumps(setting(config)))
    del old["data"]["training_images"], old["training"]["compile_xla"]
    gone = {**setting(config), "an_option_of_old": 1}
    write_kept(path, {"a": {"config": old}, "b": {"config": gone}})
    assert set(read_kept(path, {"a": config, "b": config})) == {"a"}


def test_an_option_of_drawing_that_nothing_reads_is_no_other_setting(tmp_path):
    path, base = tmp_path / "results.json", load_recipe("digits")
    drawn = config_of(Measured(name="a", of="b", base=base))
    old = json.loads(json.dumps(drawn))
    old["sampling"]["snr"] = 0.16  # its default, once
    del old["sampling"]["churn_noise"]
    write_kept(path, {"a": {"config": old}})
    assert set(read_kept(path, {"a": drawn})) == {"a"}
    old["sampling"]["steps"] = 7
    write_kept(path, {"a": {"config": old}})
    assert read_kept(path, {"a": drawn}) == {}


@pytest.mark.parametrize("name", [name for name in TABLES if (RESULTS / name).is_dir()])
def test_what_the_repository_keeps_belongs_to_the_tables_of_today(name):
    path = RESULTS / name / "results.json"
    kept = json.loads(path.read_text())
    seeds = 1 + max(int(key.rsplit("-", 1)[1]) for key in kept)
    children = TABLES[name].children("cpu", seeds)
    configs = {key: config_of(child) for key, child in children.items() if key in kept}
    assert set(kept) == set(configs) == set(read_kept(path, configs))


def test_a_damaged_file_is_refused_by_a_sentence(config, tmp_path):
    path = tmp_path / "results.json"
    path.write_text("[1, 2")
    with pytest.raises(UserError, match="no file of results"):
        read_kept(path, {"a": config})


def test_what_other_children_left_stays(config, tmp_path):
    path, kept = tmp_path / "results.json", {"config": setting(config)}
    write_kept(path, {"a": {**kept, "minutes": 1}, "b": kept})
    write_kept(path, {"a": {**kept, "minutes": 2}})
    both = read_kept(path, {"a": config, "b": config})
    assert both == {"a": {**kept, "minutes": 2}, "b": kept}
