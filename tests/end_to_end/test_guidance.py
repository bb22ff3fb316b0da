"""A second run guides a first one, a text does, and the best of several is kept: by the verbs."""

import dataclasses
import json

import numpy as np
import pytest

from app.build.diffusion import build_model
from app.build.sampling import drawing
from app.cli import main
from app.config import TextLoss, from_dict
from app.models.sampling import draw_images
from app.recipes import load_recipe
from app.run import Run
from app.tasks import task_of
from app.trained import load_trained
from tests.end_to_end.conftest import make_run
from tests.end_to_end.guided import judge, sampled

CLASSIFIER = """
from app.config import *

RECIPE = NoisyClassification(
    name="judge",
    data=Data(name="digits"),
    network=NoisyEncoder(width=8, multipliers=(1, 2)),
    diffusion=Diffusion(steps=20, scale_to_steps=True),
    training=Training(epochs=1, batch_size=256, ema_decay=0.9),
    levels=2,
)
"""


PLAIN, CLASSES = "20260101-000000-plain", "20260102-000000-classes"


@pytest.fixture(scope="module")
def runs(world, tmp_path_factory):
    """A folder of runs: an untrained unconditional denoiser, and a trained classifier."""
    folder = tmp_path_factory.mktemp("guided")
    plain = make_run(folder / "runs", "20260101-000000-plain")
    recipe = json.loads((plain / "config.json").read_text())
    recipe["diffusion"]["condition"], recipe["sampling"]["guidance"] = "none", 0.0
    (plain / "config.json").write_text(json.dumps(recipe))
    model = build_model(from_dict(recipe), (8, 8, 1), 10)
    model.save_weights(plain / "weights" / "raw.weights.h5")
    make_run(folder / "runs", "20260102-000000-classes")
    (folder / "judge.py").write_text(CLASSIFIER)
    assert main(["train", str(folder / "judge.py"), "--runs", str(folder / "runs")]) == 0
    return folder / "runs"


def sample(runs, capsys, run, *arguments):
    """The parts and the request of six samples."""
    return sampled(runs, capsys, run, "--count", "6", *arguments)[1:]


def test_the_classifier_run_is_whole(runs):
    folder = judge(runs)
    scores = json.loads((folder / "scores.json").read_text())
    assert list(scores) == ["accuracy_at_0.00", "accuracy_at_0.50", "accuracy_at_1.00"]
    for name in ("figures/accuracy.png", "figures/training.png", "model_card.md", "model.keras"):
        assert (folder / name).is_file(), name
    assert (folder / "saved_model" / "noisy_classifier" / "saved_model.pb").is_file()
    assert json.loads((folder / "manifest.json").read_text())["status"] == "finished"


def test_the_verbs_of_a_classifier_run(runs):
    assert main(["evaluate", judge(runs).name, "--runs", str(runs)]) == 0
    assert main(["export", judge(runs).name, "--runs", str(runs)]) == 0


def test_an_unconditional_run_is_asked_for_classes(runs, capsys):
    run, second = "20260101-000000-plain", judge(runs).name
    options = ["--classifier", second, "--classifier-scale", 20, "--labels", 3, 5]
    part, request = sample(runs, capsys, run, *options)
    assert part["labels"].tolist() == [3, 5, 3, 5, 3, 5]
    assert request["steering"]["classifier"] == second
    assert request["steering"]["classifier_scale"] == 20
    off, _ = sample(runs, capsys, run, *options[:3], 0, *options[4:])
    plain, request = sample(runs, capsys, run)
    assert request["steering"] is None
    np.testing.assert_array_equal(off["images"], plain["images"])
    assert np.any(part["images"] != plain["images"])


def test_a_run_of_classes_is_drawn_without_its_label(runs, capsys):
    plain, request = sample(runs, capsys, CLASSES, "--labels", "none", "--seed", 4)
    assert request["labels"] == ["none"] and set(plain["labels"]) == {-1}
    recipe, model = load_trained(Run.open(CLASSES, runs))
    null = np.full(6, 10)  # one more than the classes 0 to 9
    settings = {**drawing(recipe.sampling, model.pixel_range), "seed": 4}
    np.testing.assert_array_equal(plain["images"], draw_images(model, labels=null, **settings))
    labelled, _ = sample(runs, capsys, CLASSES, "--seed", 4)
    assert np.any(plain["images"] != labelled["images"]), "the label has a say"


def test_a_second_network_alone_says_what_is_drawn(runs, capsys):
    none, second = ["--labels", "none"], ["--classifier", judge(runs).name]
    plain, _ = sample(runs, capsys, CLASSES, *none)
    named = ["--classifier-labels", 3, 5]
    guided, request = sample(
        runs, capsys, CLASSES, *none, *second, "--classifier-scale", 20, *named
    )
    assert guided["labels"].tolist() == [3, 5, 3, 5, 3, 5]
    assert request["steering"]["classifier_labels"] == [3, 5]
    off, _ = sample(runs, capsys, CLASSES, *none, *second, "--classifier-scale", 0, *named)
    np.testing.assert_array_equal(off["images"], plain["images"])
    assert np.any(guided["images"] != plain["images"])
    every, _ = sample(runs, capsys, CLASSES, *none, *second)
    assert every["labels"].tolist() == [0, 1, 2, 3, 4, 5]
    text = ["--text", "a handwritten digit 3", "--best-of", 2]
    best, _ = sample(runs, capsys, CLASSES, *none, *text)
    kept = best["candidate"] == 0
    np.testing.assert_array_equal(best["images"][kept], plain["images"][kept])
    unconditional, _ = sample(runs, capsys, PLAIN, *none)
    same, _ = sample(runs, capsys, PLAIN)
    np.testing.assert_array_equal(unconditional["images"], same["images"])


def test_text_guides_and_chooses(runs, capsys):
    run, text = "20260102-000000-classes", ["--text", "a handwritten digit 3"]
    plain, _ = sample(runs, capsys, run)
    guided, _ = sample(runs, capsys, run, *text, "--text-scale", 300)
    assert np.any(guided["images"] != plain["images"])
    best, request = sample(runs, capsys, run, *text, "--best-of", 3)
    assert request["steering"]["candidates"] == 3
    assert best["similarities"].shape == (6, 3)
    np.testing.assert_array_equal(best["candidate"], best["similarities"].argmax(1))
    kept = best["candidate"] == 0
    np.testing.assert_array_equal(best["images"][kept], plain["images"][kept])
    by_class, _ = sample(runs, capsys, run, "--best-of", 2)
    assert not np.array_equal(by_class["similarities"], best["similarities"][:, :2])


@pytest.mark.parametrize(
    ("run", "arguments", "sentence"),
    [
        (PLAIN, ["--classifier", CLASSES], "of the kind diffusion; this needs one of the kind noi"),
        (PLAIN, ["--classifier", "JUDGE", "--labels", "10"], r"Labels must lie in 0\.\.9"),
        (PLAIN, ["--labels", "1"], "has no condition"),
        (PLAIN, ["--best-of", "2"], "no classes to name. Pass --text, or a --classifier"),
        (PLAIN, ["--best-of", "65"], "`--best-of` must be 1 to 64"),
        (PLAIN, ["--text", "a dog"], "needs `--text-scale` above 0"),
        (PLAIN, ["--text-scale", "3"], "needs a `--text`"),
        (PLAIN, ["--classifier", "JUDGE", "--classifier-scale", "-1"], r"must be in \[0, 1e6\]"),
        (PLAIN, ["--text", "a zebra", "--best-of", "2", "--text-extractor", "clip"], "No feature"),
        (CLASSES, ["--best-of", "2", "--text-extractor", "pixels"], "'pixels' knows no texts"),
        (
            CLASSES,
            ["--labels", "none", "--best-of", "2"],
            "`--labels none` names none. Pass",
        ),
        (CLASSES, ["--labels", "none", "3"], "`--labels none` stands alone.*Received: none 3"),
        (CLASSES, ["--labels", "none", "--classifier-labels", "3"], "go with `--classifier` and"),
        (
            CLASSES,
            ["--classifier", "JUDGE", "--classifier-labels", "3"],
            "else `--labels` name the classes of both",
        ),
        (
            CLASSES,
            ["--labels", "none", "--classifier", "JUDGE", "--classifier-labels", "10"],
            r"Labels must lie in 0\.\.9",
        ),
        (CLASSES, ["--text", "zebra", "--best-of", "2"], "none of the text 'zebra'"),
    ],
)
def test_bad_choices_are_refused(runs, refused, run, arguments, sentence):
    words = [judge(runs).name if word == "JUDGE" else word for word in arguments]
    refused(["sample", run, "--runs", runs, *words], sentence)


@pytest.mark.parametrize(
    ("part", "name", "value", "sentence"),
    [
        ("diffusion", "steps", 30, "another schedule than run .*'steps': 20.*'steps': 30"),
        ("diffusion", "pixel_low", 0.0, "another pixel range"),
    ],
)
def test_a_classifier_of_other_noise_is_refused(runs, refused, part, name, value, sentence):
    folder = runs / PLAIN
    before = (folder / "config.json").read_text()
    recipe = json.loads(before)
    recipe[part][name] = value
    (folder / "config.json").write_text(json.dumps(recipe))
    try:
        refused(["sample", PLAIN, "--runs", runs, "--classifier", judge(runs).name], sentence)
    finally:
        (folder / "config.json").write_text(before)


def test_the_text_term_of_a_recipe(world, refused):
    recipe = load_recipe(str(world / "tiny.py"))
    recipe = dataclasses.replace(recipe, text_loss=TextLoss(weight=0.1))
    task = task_of(recipe.kind)
    images = task.prepare(recipe)
    model = task.untrained(recipe, images)
    assert model.text_term.weight == 0.1 and len(model.text_term.texts) == 10
    refused(
        [
            "train",
            world / "tiny.py",
            "--text-loss.weight",
            "1",
            "--diffusion.condition",
            "none",
            "--sampling.guidance",
            "0",
        ],
        "`text_loss.weight` needs labels",
    )
