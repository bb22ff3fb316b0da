"""`evaluate` on a run, a folder and an archive: scores, figures, the cache, what is refused."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from app.cli import main
from app.data import load
from app.metrics.features import DigitFeatures, Pixels
from tests.end_to_end.conftest import make_run

USUAL = {
    "frechet",
    "frechet_black",
    "frechet_normalized",
    "precision",
    "recall",
    "nearest_features",
    "nearest_pixels",
}


def noisy(count=120, strength=60):
    """Digits of the held-out part with noise, uint8, and their labels."""
    held_out = load("digits", split="test")
    noise = np.random.default_rng(0).integers(-strength, strength + 1, held_out.images.shape)
    images = np.clip(held_out.images.astype(int) + noise, 0, 255).astype("uint8")
    return images[:count], held_out.labels[:count]


@pytest.fixture
def place(world, tmp_path, monkeypatch):
    """A current folder with `noisy.npz`, its own cache, and the store of the session."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NOISEWISE_CACHE", str(tmp_path / "cache"))
    images, labels = noisy()
    np.savez(tmp_path / "noisy.npz", images=images, labels=labels)
    return tmp_path


def saved(folder, images, suffix="png"):
    folder.mkdir(parents=True)
    for number, image in enumerate(images):
        Image.fromarray(image.squeeze()).save(folder / f"{number:04d}.{suffix}")
    return folder


def evaluated(place, *arguments):
    """The scores of a fresh evaluation, and its folder."""
    before = set(place.glob("evaluations/*"))
    assert main(["evaluate", *map(str, arguments)]) == 0
    (folder,) = set(place.glob("evaluations/*")) - before
    return json.loads((folder / "scores.json").read_text()), folder


def test_an_archive_of_noisy_digits(place, capsys):
    """A table, scores with n and reference, figures, and a run in MLflow that holds them."""
    import mlflow

    scores, folder = evaluated(place, "noisy.npz", "--against", "digits")
    assert set(scores) == USUAL
    reference = load("digits")
    for name, score in scores.items():
        assert score["name"] == name and score["samples"] == 120
        assert score["extractor"] == "pixels"
    assert scores["frechet"]["reference_samples"] == 1438
    assert reference.digest in scores["frechet"]["reference"]
    assert scores["frechet"]["value"] > 2 * scores["frechet"]["floor"]
    low, high = scores["frechet"]["interval"]
    assert low < scores["frechet"]["value"] < high
    output = capsys.readouterr().out
    assert "frechet_normalized" in output and folder.name in output
    figures = {path.name for path in (folder / "figures").iterdir()}
    assert figures == {"nearest.png", "samples.png"}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["kind"] == "evaluation" and manifest["status"] == "finished"
    assert manifest["subject"]["count"] == 120 and manifest["dataset"]["name"] == "digits train"
    client = mlflow.MlflowClient(os.environ["MLFLOW_TRACKING_URI"])
    run = client.get_run(manifest["mlflow"]["run_id"])
    assert run.info.status == "FINISHED"
    assert run.data.metrics["score/frechet"] == scores["frechet"]["value"]
    experiment = client.get_experiment(run.info.experiment_id)
    assert experiment.name == "noisewise-evaluation"
    stored = {item.path for item in client.list_artifacts(run.info.run_id, "figures")}
    assert stored == {"figures/nearest.png", "figures/samples.png"}


def test_a_folder_scores_as_the_archive_of_its_images(place):
    saved(place / "pictures", noisy()[0])
    metrics = "fid,kid,cmmd,mmd,psnr,precision_recall,nearest"
    one, _ = evaluated(place, "noisy.npz", "--against", "digits", "--metrics", metrics)
    two, folder = evaluated(place, "pictures", "--against", "digits", "--metrics", metrics)
    assert set(one) == set(two) >= {"fid", "fid_black", "kid", "cmmd", "mmd", "psnr", "recall"}
    for name, score in one.items():
        assert two[name]["value"] == pytest.approx(score["value"], rel=1e-12), name
        assert two[name]["floor"] == score["floor"]
    assert {path.name for path in (folder / "figures").iterdir()} == {"nearest.png"}


def test_floats_and_parts_of_sets(place):
    """Floats in 0..1 are the same images; a sample is a part of them; test in place of train."""
    images, _ = noisy()
    np.savez(place / "floats.npz", x=(images / 255).astype("float32"))
    words = ["--against", "digits", "--metrics", "frechet"]
    bytes_, _ = evaluated(place, "noisy.npz", *words)
    floats, _ = evaluated(place, "floats.npz", *words)
    assert floats["frechet"]["value"] == bytes_["frechet"]["value"]
    part, _ = evaluated(place, "noisy.npz", *words, "--samples", 40, "--split", "test")
    assert part["frechet"]["samples"] == 40 and part["frechet"]["reference_samples"] == 359
    assert "digits test" in part["frechet"]["reference"]


def test_grey_images_against_colour_ones(place):
    """Grey is repeated; a reference of the same images in colour gives 0."""
    images, _ = noisy()
    np.savez(place / "colour.npz", images=np.repeat(images, 3, -1))
    words = ["--metrics", "frechet,nearest", "--split", "all"]
    scores, _ = evaluated(place, "noisy.npz", "--against", "colour.npz", *words)
    assert scores["frechet"]["value"] < 1e-9 and scores["nearest_pixels"]["value"] == 0
    assert "no floor" in scores["frechet"]["note"]
    scores, _ = evaluated(place, "colour.npz", "--against", "noisy.npz", *words)
    assert scores["frechet"]["value"] < 1e-9


def counted(monkeypatch, kind, name):
    """A list that receives how many images each call of an extractor passes."""
    calls, plain = [], getattr(kind, name)

    def counting(self, images):
        calls.append(len(images))
        return plain(self, images)

    monkeypatch.setattr(kind, name, counting)
    return calls


def test_the_second_evaluation_finds_the_features_of_the_first(place, monkeypatch, capsys):
    calls = counted(monkeypatch, Pixels, "__call__")
    words = ["noisy.npz", "--against", "digits", "--metrics"]
    first, _ = evaluated(place, *words, "frechet")
    assert sum(calls) == 120 + 1438 + 359 + 1  # and one black image
    calls.clear()
    second, _ = evaluated(place, *words, "frechet,kid")
    assert calls == [1]
    assert second["frechet"] == first["frechet"]
    for path in place.glob("cache/features/*/features.npy"):
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    capsys.readouterr()
    third, _ = evaluated(place, *words, "frechet")
    assert sum(calls) == 1 + 120 + 1438 + 359 + 1 and third["frechet"] == first["frechet"]
    assert capsys.readouterr().out.count("do not match and are made anew") == 3


def test_a_cache_that_cannot_be_written_is_said_once(place, monkeypatch, capsys):
    monkeypatch.setenv("NOISEWISE_CACHE", str(place / "noisy.npz" / "below"))
    scores, _ = evaluated(place, "noisy.npz", "--against", "digits")
    assert capsys.readouterr().out.count("goes on without the cache") == 1
    assert set(scores) == USUAL


def test_shipped_statistics_stand_in_for_mnist(place, refused, capsys, monkeypatch):
    dataset = load("mnist-5k", split="test")
    rows = np.random.default_rng(0).permutation(len(dataset))[:200]
    np.savez(place / "real.npz", images=dataset.images[rows], labels=dataset.labels[rows])
    monkeypatch.delenv("NOISEWISE_DATA", raising=False)
    monkeypatch.setenv("TFDS_DATA_DIR", str(place / "nothing"))
    calls = counted(monkeypatch, DigitFeatures, "outputs")
    words = ["evaluate", "real.npz", "--against", "mnist", "--split", "test"]
    refused(
        [*words, "--metrics", "fmd,kid"],
        r"'kid' cannot be computed: it needs real images, and of the reference there are only",
    )
    refused([*words, "--extractor", "pixels"], r"A prepared copy of 'mnist' was looked for")
    assert not calls and not list(place.glob("evaluations/*"))
    scores, _ = evaluated(place, *words[1:])
    assert "shipped statistics of mnist test are used instead" in capsys.readouterr().out
    assert set(scores) == {"frechet", "frechet_black", "class_accuracy"}
    assert scores["frechet"]["reference_samples"] == 10_000
    assert "shipped statistics" in scores["frechet"]["reference"]
    assert 1 < scores["frechet"]["value"] < scores["frechet_black"]["value"] / 5
    assert "200 images in 1024 dimensions" in scores["frechet"]["note"]
    assert scores["class_accuracy"]["value"] > 0.98


def test_a_run_keeps_what_was_measured_of_the_same_images(tiny, monkeypatch):
    runs, run_id = tiny
    path = runs / run_id / "scores.json"
    words = ["evaluate", run_id, "--runs", str(runs), "--samples", "48"]
    assert main([*words]) == 0
    usual = json.loads(path.read_text())
    assert USUAL <= set(usual) and usual["frechet"]["weights"] == "best"
    figures = {item.name for item in (runs / run_id / "figures").iterdir()}
    assert {"metrics.png", "samples.png", "nearest.png", "training.png"} <= figures
    assert main([*words, "--metrics", "kid,cmmd"]) == 0
    both = json.loads(path.read_text())
    assert set(both) == {*usual, "kid", "cmmd"} and both["frechet"] == usual["frechet"]
    assert main([*words, "--metrics", "kid", "--split", "test"]) == 0
    turned = json.loads(path.read_text())["kid"]
    assert turned["reference_samples"] == 359 and "digits test" in turned["reference"]
    assert main([*words, "--metrics", "kid", "--weights", "raw"]) == 0
    assert set(json.loads(path.read_text())) == {"kid"}  # other weights draw other images


def test_a_run_against_other_data(tiny, place):
    runs, run_id = tiny
    words = ["evaluate", run_id, "--runs", str(runs), "--samples", "32", "--against", "noisy.npz"]
    assert main([*words, "--split", "all", "--metrics", "frechet,nearest"]) == 0
    scores = json.loads((runs / run_id / "scores.json").read_text())
    assert scores["frechet"]["reference_samples"] == 120
    trained = len(load("digits")) - round(0.1 * len(load("digits")))
    assert abs(scores["nearest_pixels"]["reference_samples"] - trained) < 10


def truncated(place):
    folder = saved(place / "cut", noisy()[0])
    path = folder / "0017.png"
    path.write_bytes(path.read_bytes()[:70])
    return folder


def test_a_truncated_file_is_named_and_skipped_only_when_asked(place, refused, capsys):
    words = [truncated(place), "--against", "digits", "--metrics", "frechet"]
    refused(["evaluate", *words], r"0017\.png could not be read.*`--skip-damaged` leaves such")
    scores, _ = evaluated(place, *words, "--skip-damaged")
    assert scores["frechet"]["samples"] == 119
    assert "1 damaged files were left out" in capsys.readouterr().out.replace("\n", " ")


def archive(name="bad.npz", **arrays):
    def make(place):
        np.savez(place / name, **arrays)
        return name

    return make


def folder(*images):
    return lambda place: saved(place / "bad", [*images])


def text(name, content):
    def make(place):
        (place / name).write_text(content)
        return name

    return make


def empty(place):
    (place / "bad").mkdir()
    return "bad"


GREY = np.random.default_rng(1).integers(0, 256, (40, 8, 8), "uint8")
COLOUR = np.random.default_rng(2).integers(0, 256, (40, 8, 8, 3), "uint8")
AGAINST = ["--against", "digits"]
BAD = [
    (archive(images=GREY), [], r"pass --against with a data set"),
    (archive(images=GREY[:15]), AGAINST, r"'bad.npz' must hold 16 images or more\. Received: 15"),
    (folder(*GREY[:3]), AGAINST, r"bad' must hold 16 images or more\. Received: 3"),
    (archive(images=GREY), [*AGAINST, "--samples", "50"], r"50 images were asked for .*has 40"),
    (archive(images=GREY), [*AGAINST, "--samples", "5"], r"`--samples` must be 16 or more"),
    (archive(images=GREY / 127.5 - 1), AGAINST, r"must lie in 0\.\.255.*in -1\.\.1 become"),
    (archive(images=GREY * np.nan), AGAINST, r"must be finite"),
    (archive(pictures=GREY), AGAINST, r"must hold `images`.*It holds: pictures"),
    (archive(images=COLOUR), AGAINST, r"'bad' are in colour, those of the reference are grey"),
    (lambda place: "gone.npz", AGAINST, r"A file of images was expected at gone\.npz"),
    (lambda place: "go/ne", AGAINST, r"no run, folder of images or \.npz file go/ne"),
    (text("bad.npz", "x"), AGAINST, r"must be a numpy archive"),
    (text("bad.txt", "x"), AGAINST, r"in a folder or in an \.npz archive"),
    (empty, AGAINST, r"bad must hold images .* None was found"),
    (
        folder(*GREY, GREY[0, :7]),
        AGAINST,
        r"must have one size.*0000\.png is 8x8.*0040\.png is 7x8",
    ),
    (archive(images=GREY), ["--against", "digitz"], r"Did you mean 'digits'"),
    (archive(images=GREY), ["--against", "cifar10"], r"copy of 'cifar10' was looked for"),
    (archive(images=GREY), [*AGAINST, "--split", "half"], r"invalid choice 'half'"),
    (archive(images=GREY), [*AGAINST, "--metrics", "fidd"], r"No metric is called 'fidd'"),
    (archive(images=GREY), [*AGAINST, "--metrics", ""], r"No metric is called ''"),
    (archive(images=GREY), [*AGAINST, "--metrics", "fid,ssim"], r"'ssim' cannot be.*11x11"),
    (archive(images=GREY), [*AGAINST, "--metrics", "inception_score"], r"needs a classifier"),
    (archive(images=GREY), [*AGAINST, "--metrics", "image_text"], r"needs an image-text encoder"),
    (archive(images=GREY[:, :7]), [*AGAINST, "--metrics", "psnr"], r"7x8x1, the real ones 8x8x1"),
    (archive(images=GREY), [*AGAINST, "--extractor", "vgg"], r"extractor is called 'vgg'"),
    (archive(images=GREY), [*AGAINST, "--extractor-weights", "w.h5"], r"'pixels' takes no weights"),
    (archive(images=GREY), [*AGAINST, "--prompt", "a cat"], r"`--prompt` must hold \{\}"),
    (archive(images=GREY), ["--against", "none/here"], r"No data set, folder or \.npz file"),
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_what_cannot_be_measured_is_refused_before_it_is_passed(
    place, refused, monkeypatch, number
):
    calls = counted(monkeypatch, Pixels, "__call__")
    make, words, pattern = BAD[number]
    refused(["evaluate", make(place), *words], pattern)
    assert not calls and not (place / "evaluations").exists()


def test_a_run_is_refused_before_it_draws(place, refused, monkeypatch):
    folder = make_run(place / "runs")
    monkeypatch.setattr("app.evaluate.draw_parts", lambda *parts: pytest.fail("drawing began"))
    words = ["evaluate", folder.name, "--samples", "16"]
    refused([*words, "--metrics", "ssim"], r"'ssim' cannot be computed.*11x11")
    refused([*words, "--split", "all"], r"against its train or its test images.*--split all")
    np.savez(place / "large.npz", images=np.repeat(GREY, 2, 1))
    refused([*words, "--against", "large.npz", "--metrics", "psnr"], r"8x8x1, the real ones 16x8x1")
