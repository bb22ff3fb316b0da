"""A classifier of attributes guides runs that know none, and one that does: by the verbs."""

import json

import numpy as np
import pytest

from app.build.diffusion import build_model
from app.cli import main
from app.config import from_dict, to_dict
from app.data.digit_attributes import DigitAttributes
from app.recipes import load_recipe
from app.reproductions.measure_again import measure_again
from app.reproductions.measured import Measured
from app.run import Run
from tests.end_to_end.conftest import make_run
from tests.end_to_end.guided import judge, sampled

NAMES = DigitAttributes.names
JUDGE = """
from app.config import *

RECIPE = NoisyClassification(
    name="judge",
    data=Data(name="mnist-5k-attributes", training_images=300),
    network=NoisyEncoder(width=8, multipliers=(1,), patch_size=4),
    diffusion=Diffusion(steps=20, scale_to_steps=True),
    training=Training(epochs=1, batch_size=250, ema_decay=0.9),
    levels=2,
)
"""
SHAPE = (28, 28, 1)
PLAIN, CLASSES, VECTORS, OTHERS = (
    f"2026010{number}-000000-{name}"
    for number, name in enumerate(("plain", "classes", "vectors", "others"), 1)
)
CONDITIONS = {PLAIN: "none", CLASSES: "class", VECTORS: "attributes", OTHERS: "attributes"}


@pytest.fixture(scope="module")
def runs(world, tmp_path_factory):
    """A folder of runs: untrained denoisers of each kind, and a trained classifier."""
    folder = tmp_path_factory.mktemp("attribute-guidance")
    for run, condition in CONDITIONS.items():
        names = {VECTORS: NAMES, OTHERS: ("thick", "wide")}.get(run, ())
        made = make_run(folder / "runs", run, images=[[28, 28, 1], 10], attributes=list(names))
        recipe = to_dict(load_recipe(str(folder / "made.py")))
        recipe["diffusion"]["condition"] = condition
        recipe["sampling"].update(steps=2, guidance=0.0, batch_size=20)
        if run == VECTORS:
            recipe["data"]["name"] = "mnist-5k-attributes"
        (made / "config.json").write_text(json.dumps(recipe))
        model = build_model(from_dict(recipe), SHAPE, 10, names)
        model.save_weights(made / "weights" / "raw.weights.h5")
    (folder / "judge.py").write_text(JUDGE)
    assert main(["train", str(folder / "judge.py"), "--runs", str(folder / "runs")]) == 0
    return folder / "runs"


def test_the_classifier_run_knows_attributes(runs):
    folder = judge(runs)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["attributes"] == list(NAMES) and manifest["status"] == "finished"
    scores = json.loads((folder / "scores.json").read_text())
    assert list(scores) == ["accuracy_at_0.00", "accuracy_at_0.50", "accuracy_at_1.00"]
    # Ten attributes, of which each digit has about a quarter: no to all is right in three quarters.
    assert 0.6 < scores["accuracy_at_0.00"]["value"] < 0.95
    card = (folder / "model_card.md").read_text()
    assert "--attributes thick" in card and "no other attributes than thick, wide" in card


def test_the_verbs_of_the_classifier_run(runs, refused):
    folder, where = judge(runs), ["--runs", str(runs)]
    before = json.loads((folder / "scores.json").read_text())
    assert main(["evaluate", folder.name, *where]) == 0
    assert json.loads((folder / "scores.json").read_text()) == before
    assert main(["export", folder.name, *where]) == 0
    refused(["audit", folder.name, *where], "of the kind noisy_classification; this needs one of")


def test_the_exported_classifier_gives_a_logit_an_attribute(runs):
    tf = pytest.importorskip("tensorflow")
    loaded = tf.saved_model.load(str(judge(runs) / "saved_model" / "noisy_classifier"))
    served = loaded.signatures["serving_default"]
    logits = served(noisy=tf.zeros((3, *SHAPE)), time=tf.constant([0.0, 0.5, 1.0]))["logits"]
    assert logits.shape == (3, len(NAMES))


def test_a_run_without_condition_is_asked_for_attributes(runs, capsys):
    asked = ["--count", 12, "--attributes", "thick,has_hole", "any", "none"]
    options = ["--classifier", judge(runs).name, "--classifier-scale", 50]
    folder, part, request = sampled(runs, capsys, PLAIN, *asked, *options)
    assert request["attributes"] == ["thick,has_hole", "any", "none"]
    assert request["steering"]["classifier"] == judge(runs).name
    assert part["attribute_names"].tolist() == list(NAMES) and "asked" not in part
    wanted = [[1 if name in ("thick", "has_hole") else -1 for name in NAMES], [0] * 10, [-1] * 10]
    np.testing.assert_array_equal(part["labels"], wanted * 4)
    _, plain, _ = sampled(runs, capsys, PLAIN, "--count", 12)
    changed = np.abs(part["images"].astype(int) - plain["images"]).max(axis=(1, 2, 3))
    assert (changed[1::3] <= 1).all() and (changed[0::3] > 1).all() and (changed[2::3] > 1).all()
    scores = json.loads((folder / "scores.json").read_text())
    both = ("attribute_thick_with_has_hole", "attribute_thick_with_has_hole_unasked")
    assert set(scores) == {"attribute_control", *both}, "any and none ask for no share"
    for name, images in zip(both, (part["images"], plain["images"]), strict=True):
        seen = DigitAttributes()(images[::3])[:, [NAMES.index("thick"), NAMES.index("has_hole")]]
        assert scores[name]["value"] == np.mean((seen > 0).all(1)) and scores[name]["samples"] == 4
    assert (folder / "attributes.png").exists() and (folder / "attribute_control.png").exists()


def test_each_class_of_a_run_meets_each_attribute(runs, capsys):
    options = ["--count", 40, "--classifier", judge(runs).name, "--classifier-scale", 50]
    _, part, _ = sampled(runs, capsys, CLASSES, "--attributes", "wide", "tall", *options)
    assert part["labels"].tolist() == list(range(10)) * 4
    wide, tall = (part["asked"][:, NAMES.index(name)] for name in ("wide", "tall"))
    row = np.repeat([1, -1, 1, -1], 10)
    np.testing.assert_array_equal(wide, row)
    np.testing.assert_array_equal(tall, -row)
    _, rest, _ = sampled(
        runs, capsys, CLASSES, "--labels", 3, "--attributes", "wide", *options, "--first-index", 5
    )
    assert set(rest["labels"]) == {3} and (rest["asked"][:, NAMES.index("wide")] == 1).all()


def test_a_run_of_classes_is_drawn_without_them(runs, capsys):
    options = ["--count", 20, "--attributes", "wide", "any", "--labels", "none"]
    guide = ["--classifier", judge(runs).name, "--classifier-scale", 50]
    folder, part, _ = sampled(runs, capsys, CLASSES, *options, *guide)
    assert part["labels"].shape == (20, 10) and (part["labels"][1::2] == 0).all()
    _, plain, _ = sampled(runs, capsys, CLASSES, *options[:2], *options[-2:])
    changed = np.abs(part["images"].astype(int) - plain["images"]).max(axis=(1, 2, 3))
    assert (changed[1::2] <= 1).all() and (changed[::2] > 1).all()
    scores = json.loads((folder / "scores.json").read_text())
    wide = DigitAttributes()(plain["images"][::2])[:, NAMES.index("wide")]
    assert scores["attribute_wide_unasked"]["value"] == np.mean(wide > 0)


def test_a_run_of_the_same_attributes_is_told_too(runs, capsys):
    given = ["--count", 4, "--attributes", "tall", "--guidance", 1, "--guidance-interval", 0.5, 5]
    options = [*given, "--classifier", judge(runs).name]
    folder, part, _ = sampled(runs, capsys, VECTORS, *options, "--classifier-scale", 50)
    assert (part["labels"][:, NAMES.index("tall")] == 1).all() and "asked" not in part
    _, off, _ = sampled(runs, capsys, VECTORS, *options, "--classifier-scale", 0)
    _, told, _ = sampled(runs, capsys, VECTORS, *given)
    assert np.abs(off["images"].astype(int) - told["images"]).max() <= 1
    assert np.abs(part["images"].astype(int) - told["images"]).max() > 1
    assert "attribute_tall_unasked" in json.loads((folder / "scores.json").read_text())


@pytest.mark.parametrize(
    ("run", "arguments", "sentence"),
    [
        (PLAIN, ["--attributes", "thin"], "no attribute 'thin'.*Known: thick, wide"),
        (PLAIN, ["--labels", "3"], "leave out --labels and pass --attributes. Known: thick"),
        (CLASSES, ["--labels", "10"], r"Labels must lie in 0\.\.9"),
        (OTHERS, ["--attributes", "thick"], "another condition than run .*'tall'.* in place of"),
        (VECTORS, ["--best-of", "2"], "no classes to name"),
    ],
)
def test_what_does_not_fit_is_refused(runs, refused, run, arguments, sentence):
    refused(["sample", run, "--runs", runs, "--classifier", judge(runs).name, *arguments], sentence)


def test_data_without_labels_teach_no_classifier(runs, tmp_path, refused):
    np.savez(tmp_path / "bare.npz", images=np.zeros((400, 8, 8, 1), "uint8"))
    recipe = tmp_path / "bare.py"
    recipe.write_text(JUDGE.replace("mnist-5k-attributes", str(tmp_path / "bare.npz")))
    refused(["train", recipe, "--runs", runs], "A classifier needs class labels, and .* has none")


def test_a_table_measures_what_a_classifier_asks_of_a_run_that_is_told_nothing(runs):
    trained, classifier = Run.open(VECTORS, runs), Run.open(judge(runs).name, runs)
    base = from_dict(json.loads((runs / VECTORS / "config.json").read_text()))
    child = Measured(
        name="guided", of="x", base=base, samples=20, classifier="judge", classifier_scale=50.0
    )
    run = measure_again(child, trained, runs, classifier=classifier)
    assert Run.open(run.id, runs).status == "finished"
    scores = json.loads((run.folder / "scores.json").read_text())
    expected = {f"attribute_{name}{ending}" for name in NAMES for ending in ("", "_unasked")}
    assert set(scores) == expected | {"attribute_control"}
    assert {score["samples"] for name, score in scores.items() if "control" not in name} == {2}
    figures = {path.name for path in (run.folder / "figures").iterdir()}
    assert {"attributes.png", "attribute_control.png"} <= figures
