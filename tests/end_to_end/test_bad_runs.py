"""Recipe files that fail, run folders that are damaged, requests that a run cannot meet."""

import json
import os
import shutil

import pytest

from app.config import Recipe, to_dict
from app.run import Run
from tests.end_to_end.conftest import make_run

HEAD = "from app.config import *\nRECIPE = "
FILES = [
    ("", r"must define RECIPE, an app\.config Recipe, .* or Adaptation\. Received: NoneType"),
    ("RECIPE = {'name': 'x'}", r"Received: dict"),
    ("RECIPE = None", r"Received: NoneType"),
    ("import no_such_module", r"failed at line 1: ModuleNotFoundError"),
    ("\n\n1 / 0", r"failed at line 3: ZeroDivisionError"),
    ("def (", r"failed at line 1: SyntaxError"),
    ("if 1:\nx = 2", r"failed at line 2: IndentationError"),
    ("import sys; sys.exit(0)", r"failed at line 1: SystemExit: 0"),
    ("raise SystemExit", r"failed at line 1: SystemExit"),
    ("raise RuntimeError('own words')", r"failed at line 1: RuntimeError: own words"),
    ("x = undefined", r"failed at line 1: NameError"),
    ("open('/no/such/file')", r"failed at line 1: FileNotFoundError"),
    ("def f(): return f()\nf()", r"failed at line 1: RecursionError"),
    ("\x00", r"failed.*: (SyntaxError|ValueError): .*null bytes"),
    (HEAD + "Recipe()", r"failed at line 2: TypeError: .*missing .*'name'"),
    (HEAD + "Recipe(name='')", r"failed at line 2: ValueError: `name` must name the recipe"),
    (HEAD + "Recipe(name=3)", r"`name` must be text\. Received: 3"),
    (HEAD + "Recipe(name='x', color=1)", r"unexpected keyword argument 'color'"),
    (HEAD + "Recipe(name='x', network=None)", r"`network` must be of type PlainCNN or.*: None"),
    (HEAD + "Recipe(name='x', data='digits')", r"`data` must be of type Data\. .*'digits'"),
    (HEAD + "Recipe(name='x', training=Training(epochs='3'))", r"`epochs` must be a whole number"),
    (HEAD + "Recipe(name='x', training=Training(epochs=2.5))", r"`epochs` must be a whole .*2\.5"),
    (HEAD + "Recipe(name='x', training=Training(epochs=True))", r"`epochs` must be a whole number"),
    (HEAD + "Recipe(name='x', diffusion=Diffusion(schedule='lin'))", r"one of linear, cosine"),
    (HEAD + "Recipe(name='x', diffusion=Diffusion(schedule=['linear']))", r"one of linear"),
    (HEAD + "Recipe(name='x', network=Unet(multipliers=2))", r"`multipliers` must be a tuple"),
    (HEAD + "Recipe(name='x', network=Unet(multipliers=()))", r"hold at least one number"),
    (HEAD + "Recipe(name='x', network=Unet(multipliers=(1, 'a')))", r"each item a whole number"),
    (HEAD + "Recipe(name='x', network=PlainCNN(channels=(0,)))", r"`channels` must hold"),
    (HEAD + "Recipe(name='x', network=PlainCNN(kernel_size=4))", r"`kernel_size` must be odd"),
    (HEAD + "Recipe(name='x', network=CustomNetwork())", r"`path` must be an import path"),
    (HEAD + "Recipe(name='x', network=CustomNetwork(path='a.b'))", r"import path.*'a\.b'"),
    (HEAD + "Recipe(name='x', sampling=Sampling(steps=2000))", r"`sampling\.steps` must not"),
]


@pytest.mark.parametrize("number", range(len(FILES)))
def test_recipe_files_that_fail(refused, tmp_path, number):
    text, pattern = FILES[number]
    (tmp_path / "mine.py").write_text(text)
    refused(["train", tmp_path / "mine.py"], pattern)


def test_a_recipe_file_that_is_missing_or_no_text(refused, tmp_path):
    refused(["train", tmp_path / "none.py"], "No recipe file .*none.py'. Check the path")
    (tmp_path / "folder.py").mkdir()
    refused(["train", tmp_path / "folder.py"], "No recipe file .*folder.py'")
    (tmp_path / "binary.py").write_bytes(bytes(range(128, 256)))
    refused(["train", tmp_path / "binary.py"], "binary.py failed.*SyntaxError")


OWN_CODE = """
import keras
class Short:
    def __init__(self): pass
class Raises(keras.Layer):
    def __init__(self, **options): raise RuntimeError("own words")
class RaisesLater(keras.Layer):
    def __init__(self, **options): super().__init__()
    def call(self, noisy, time, condition=None, training=False): raise KeyError("own key")
class Smaller(RaisesLater):
    def call(self, noisy, time, condition=None, training=False): return noisy[:, 1:]
class Nothing(RaisesLater):
    def call(self, noisy, time, condition=None, training=False): return None
class BadLoss(keras.losses.Loss):
    def call(self, y_true, y_pred): raise KeyError("own key")
def number(*arguments, **options): return 3
"""
OWN = [
    ("network", "own_code:Missing", r"Could not import 'own_code:Missing': AttributeError"),
    ("network", "no_such:Network", r"Could not import 'no_such:Network': ModuleNotFoundError"),
    ("network", "own_broken:Network", r"Could not import 'own_broken:Network': ZeroDivisionError"),
    ("network", "own_exit:Network", r"Could not import 'own_exit:Network': SystemExit"),
    ("network", "own_code:Short", r"own_code:Short failed for images .*8, 8, 1\).*TypeError"),
    ("network", "own_code:Raises", r"own_code:Raises failed.*RuntimeError: own words"),
    ("network", "own_code:RaisesLater", r"own_code:RaisesLater failed.*KeyError.*own key"),
    ("network", "own_code:Smaller", r"own_code:Smaller failed.*return the shape of its images"),
    ("network", "own_code:Nothing", r"own_code:Nothing failed.*NoneType"),
    ("network", "own_code:number", r"own_code:number failed.*TypeError.*not callable"),
    ("loss", "own_code:Missing", r"Could not import 'own_code:Missing'"),
    ("loss", "own_broken:Loss", r"Could not import 'own_broken:Loss': ZeroDivisionError"),
    ("loss", "own_code:Raises", r"loss 'own_code:Raises' cannot compare .*own words"),
    ("loss", "own_code:BadLoss", r"loss 'own_code:BadLoss' cannot compare .*own key"),
    ("loss", "own_code:number", r"loss 'own_code:number' cannot compare .*TypeError"),
]


@pytest.mark.parametrize("part, path, pattern", OWN)
def test_own_code_that_fails(refused, tmp_path, monkeypatch, part, path, pattern):
    (tmp_path / "own_code.py").write_text(OWN_CODE)
    (tmp_path / "own_broken.py").write_text("1 / 0")
    (tmp_path / "own_exit.py").write_text("raise SystemExit(0)")
    network = f"CustomNetwork(path='{path}')" if part == "network" else "PlainCNN(channels=(4,))"
    loss = path if part == "loss" else "mean_squared_error"
    (tmp_path / "mine.py").write_text(
        f"{HEAD}Recipe(name='own', data=Data(name='digits'), network={network},"
        f" diffusion=Diffusion(loss='{loss}'))"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "own_code", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    refused(["train", "mine.py", "--runs", tmp_path / "runs"], pattern)
    assert not (tmp_path / "runs").exists()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder of runs with one run that has raw weights."""
    runs = tmp_path_factory.mktemp("made") / "runs"
    return runs, make_run(runs)


REQUESTS = [
    (["sample", "--labels", "10"], r"Labels must lie in 0\.\.9, the classes of this run.*: 10"),
    (["sample", "--labels", "3", "-1"], r"Labels must lie in 0\.\.9.*Received: -1"),
    (["sample", "--count", "0"], r"`--count` must be 1 or more\. Received: 0"),
    (["sample", "--count", "-5"], r"`--count` must be 1 or more\. Received: -5"),
    (["sample", "--first-index", "-1"], r"`--first-index` must be 0 or more.*Received: -1"),
    (["sample", "--first-index", "2147483647"], r"stay below 2\^31"),
    (["sample", "--steps", "0"], r"`steps` must be above 0"),
    (["sample", "--steps", "21"], r"`sampling.steps` must not exceed `diffusion.steps` \(20\)"),
    (["sample", "--guidance-interval", "2", "1"], "`guidance_interval` must be two noise levels"),
    (["sample", "--guidance", "-1"], r"`guidance` must be in \[0, 100\]"),
    (["sample", "--guidance", "nan"], r"`guidance` must be a finite number"),
    (["sample", "--seed", "-1"], r"`seed` must be in \[0, 2\^31\)"),
    (["sample", "--weights", "ema"], r"has no ema weights\. .*It has: raw\. Pass one of them"),
    (["sample", "--weights", "swa"], r"has no swa weights\. .*It has: raw"),
    (["evaluate", "--weights", "swa"], r"has no swa weights"),
    (["export", "--weights", "ema"], r"has no ema weights"),
    (["evaluate", "--samples", "0"], r"`--samples` must be 16 or more\. Received: 0"),
    (["evaluate", "--samples", "-3"], r"`--samples` must be 16 or more\. Received: -3"),
    (["train", "--resume"], r"trained on 0123456789abcdef\. Give it the same data to resume"),
]


@pytest.mark.parametrize("arguments, pattern", REQUESTS, ids=lambda case: " ".join(case)[:40])
def test_requests_that_a_run_cannot_meet(refused, made, arguments, pattern):
    runs, folder = made
    before = 2 if arguments[0] == "train" else 1
    words = [*arguments[:before], folder.name, *arguments[before:]]
    refused([*words, "--runs", runs], pattern)


def test_a_table_is_not_resumed_by_train(refused, tmp_path):
    values = {"table": "domains", "budget": "smoke", "seeds": 1}
    run = Run.create("reproduce-domains", values, "reproduction", root=tmp_path / "runs")
    refused(["train", "--resume", run.folder], r"has no model.*goes on with.*reproduce TABLE")


def test_data_that_moved_are_told_to_evaluate(refused, made, tmp_path):
    runs, folder = made
    name = json.loads((folder / "config.json").read_text())
    moved = {**name, "data": {**name["data"], "name": "usps", "directory": str(tmp_path / "gone")}}
    copy = tmp_path / "runs" / folder.name
    shutil.copytree(folder, copy)
    (copy / "config.json").write_text(json.dumps(moved))
    words = ["evaluate", copy, "--samples", "16"]
    refused(words, str(tmp_path / "gone"))
    refused([*words, "--data-directory", tmp_path / "here"], str(tmp_path / "here"))


def manifest(**changes):
    def damage(folder):
        values = json.loads((folder / "manifest.json").read_text())
        values.update(changes)
        values = {name: value for name, value in values.items() if value != "gone"}
        (folder / "manifest.json").write_text(json.dumps(values))

    return damage


def configuration(**changes):
    def damage(folder):
        values = to_dict(Recipe(name="x"))
        for path, value in changes.items():
            *parts, last = path.split("__")
            inner = values
            for part in parts:
                inner = inner[part]
            inner.pop(last) if value == "gone" else inner.update({last: value})
        (folder / "config.json").write_text(json.dumps(values))

    return damage


def written(name, text):
    return lambda folder: (folder / name).write_bytes(text.encode())


def halved(name):
    def damage(folder):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return damage


DAMAGE = [
    (written("manifest.json", ""), r"manifest .* is damaged .*Restore it from a copy"),
    (written("manifest.json", "{"), r"manifest .* is damaged .*JSONDecodeError"),
    (halved("manifest.json"), r"manifest .* is damaged .*JSONDecodeError"),
    (written("manifest.json", "[1, 2]"), r"manifest .* is damaged .*TypeError"),
    (written("manifest.json", "null"), r"manifest .* is damaged"),
    (manifest(version="gone"), r"manifest .* is damaged \(KeyError: 'version'"),
    (manifest(version="new"), r"manifest .* is damaged \(ValueError"),
    (manifest(version=99), r"has version 99, this code reads up to 1: update the code"),
    (manifest(id="gone"), r"is damaged \(KeyError: 'id'"),
    (manifest(kind=3), r"kind, recipe and status must be texts"),
    (manifest(status="lost"), r"status must be one of running, finished"),
    (manifest(dataset="digits"), r"dataset must be a dictionary"),
    (manifest(kind="adaptation"), r"of the kind adaptation; this needs one of the kind diffusion"),
    (manifest(images="gone"), r"does not say the shape of its images"),
    (manifest(images=[[8, 8], 10]), r"does not say the shape of its images"),
    (manifest(images=[[8, 8, 3], 10]), r"raw\.weights\.h5 are damaged or of another network"),
    (written("config.json", ""), r"Cannot read the configuration .*Restore it from a copy"),
    (written("config.json", "{'a': 1}"), r"Cannot read the configuration"),
    (written("config.json", "3"), r"Cannot read the configuration"),
    (written("config.json", "{}"), r"config\.json is damaged.*must have a `name`"),
    (halved("config.json"), r"Cannot read the configuration"),
    (lambda folder: (folder / "config.json").unlink(), r"Cannot read the configuration.*No such"),
    (configuration(colour=3), r"config\.json is damaged.*A recipe has no part \['colour'\]"),
    (configuration(network__kind="Transformer"), r"`kind` must be one of PlainCNN, Unet"),
    (configuration(network__kind="gone"), r"`kind` must be one of .*Received: None"),
    (configuration(network=3), r"`kind` must be one of .*Received: 3"),
    (configuration(training__epochs="many"), r"`epochs` must be a whole number.*'many'"),
    (configuration(training__speed=3), r"Training takes .*Received: \['speed'\]"),
    (configuration(data=[1]), r"Data takes .*Received: \[1\]"),
    (halved("weights/raw.weights.h5"), r"weights .*raw\.weights\.h5 are damaged"),
    (written("weights/raw.weights.h5", "text"), r"weights .*raw\.weights\.h5 are damaged"),
    (
        lambda folder: (folder / "weights" / "raw.weights.h5").unlink(),
        r"has no best weights\. Finish it with: python -m app train --resume",
    ),
]


@pytest.mark.parametrize("number", range(len(DAMAGE)))
def test_damaged_runs(refused, tmp_path, number):
    damage, pattern = DAMAGE[number]
    folder = make_run(tmp_path / "runs")
    damage(folder)
    refused(["sample", folder.name, "--count", "1", "--runs", tmp_path / "runs"], pattern)


def test_damaged_scores_and_metrics(refused, tmp_path):
    runs = tmp_path / "runs"
    one, two = make_run(runs, "one"), make_run(runs, "two")
    (one / "scores.json").write_text("{")
    refused(["compare", "one", "two", "--runs", runs], r"scores .* damaged.*app evaluate one")
    (one / "scores.json").unlink()
    (two / "metrics.jsonl").write_text('{"step"\n{"step": 0, "time": 1}\n')
    refused(["compare", "one", "two", "--runs", runs], r"Line 1 of .* is damaged: remove it")


PLACES = [
    ("a-file", r"runs in a-file: it is a file\. Pass another folder"),
    ("a-file/below", r"Cannot write .*a file is in the place of a folder"),
    ("/proc/runs", r"Cannot write /proc/runs.*(no such folder|permission)"),
    ("/sys/runs", r"Cannot write /sys/runs.*(permission|read-only|no such folder)"),
]


@pytest.mark.parametrize("place, pattern", PLACES)
def test_places_where_no_run_can_be_written(refused, tmp_path, monkeypatch, place, pattern):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-file").write_text("")
    make_run(tmp_path / "elsewhere" / "runs")
    refused(["train", tmp_path / "elsewhere" / "made.py", "--runs", place], pattern)


@pytest.mark.parametrize("verb", [["sample"], ["sync"], ["train", "--resume"], ["compare", "x"]])
def test_folders_that_are_no_runs(refused, tmp_path, verb):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    where = ["--runs", tmp_path / "runs"]
    pattern = r"empty is no run: it has no manifest\.json|No run 'x'"
    refused([*verb, tmp_path / "empty", *where], pattern)
    refused([*verb, tmp_path / "file", *where], r"No run '")
    refused([*verb, "a", "--runs", tmp_path / "file"], r"runs in .*file: it is a file")


def test_a_run_id_that_is_not_unique(refused, tmp_path):
    for name in ("2026-one", "2026-two"):
        os.makedirs(tmp_path / name)
        (tmp_path / name / "manifest.json").write_text("{}")
    refused(["sample", "2026", "--runs", tmp_path], "2 runs begin with '2026'.*Give more of the id")
