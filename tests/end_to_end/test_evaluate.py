"""`evaluate` on a run, a folder and an archive: scores, figures, the cache."""

import importlib.util
import json
import os
import shutil

import numpy as np
import pytest

from app.cli import main
from app.data import load
from app.metrics.features import DigitFeatures, Pixels, extractor
from tests.app.metrics.features.presets import write_clip, write_siglip
from tests.end_to_end.images import counted, evaluated, noisy, saved

USUAL = {
    "frechet",
    "frechet_black",
    "frechet_normalized",
    "precision",
    "recall",
    "nearest_features",
    "nearest_pixels",
}


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


def test_what_sample_left_scores_as_one_archive_of_it(place):
    images, labels = noisy()
    left = saved(place / "samples-0", images[:1])  # its grid is no image of the set
    for first in (0, 100):
        rows = slice(first, first + 100)
        np.savez(left / f"images-{first:06d}.npz", images=images[rows], labels=labels[rows])
    words = ["--against", "digits", "--metrics", "fid,mmd"]
    one, _ = evaluated(place, "noisy.npz", *words)
    two, _ = evaluated(place, "samples-0", *words)
    assert {name: score["value"] for name, score in two.items()} == {
        name: score["value"] for name, score in one.items()
    }


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


def test_shipped_statistics_stand_in_for_cifar(place, capsys, monkeypatch):
    monkeypatch.delenv("NOISEWISE_DATA", raising=False)
    monkeypatch.setenv("TFDS_DATA_DIR", str(place / "nothing"))
    images = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3)).astype("uint8")
    np.savez(place / "noise.npz", images=images)
    scores, _ = evaluated(place, "noise.npz", "--against", "cifar10")
    assert "shipped statistics of cifar10 train are used instead" in capsys.readouterr().out
    assert scores["frechet"]["extractor"] == "cifar-classifier"
    assert scores["frechet"]["reference_samples"] == 50_000
    assert scores["frechet"]["value"] > 100


@pytest.mark.parametrize("name", ["clip-vit-b32", "clip-vit-l14-336", "siglip"])
def test_without_weights_one_sentence_says_what_to_get(place, refused, monkeypatch, name):
    monkeypatch.setenv("HOME", str(place))  # where weights are looked for
    words = ["evaluate", "noisy.npz", "--against", "digits", "--metrics", "cmmd"]
    refused(
        [*words, "--extractor", name],
        f"'{name}' needs keras-hub and published weights.*https://www.kaggle.com/models/keras/.* "
        f"put them into the folder .*/noisewise/{name}, or pass the folder .*--extractor-weights",
    )
    assert not list(place.glob("evaluations/*"))


@pytest.mark.skipif(
    importlib.util.find_spec("keras_hub") is None,
    reason="keras-hub is absent (requirements-pretrained.txt)",
)
@pytest.mark.parametrize("name, write", [("clip-vit-b32", write_clip), ("siglip", write_siglip)])
def test_an_encoder_of_keras_hub_gives_scores_and_the_heatmap(place, name, write):
    write(place / "weights")
    words = ["--against", "digits", "--metrics", "cmmd,image_text", "--samples", 30]
    words += ["--extractor", name, "--extractor-weights", place / "weights"]
    np.savez(place / "small.npz", images=noisy(40)[0], labels=noisy(40)[1])
    scores, folder = evaluated(place, "small.npz", *words, "--prompt", "the digit {}")
    assert {"cmmd", "matching_accuracy", "clip_score", "top1_similarity"} <= set(scores)
    judges = {(score["extractor"], score["extractor_digest"]) for score in scores.values()}
    made = extractor(name, weights=place / "weights")
    assert judges == {(name, made.digest)}
    assert (folder / "figures" / "similarity.png").stat().st_size > 1000


def test_a_run_keeps_what_was_measured_of_the_same_images(tiny, monkeypatch):
    runs, run_id = tiny
    path = runs / run_id / "scores.json"
    words = ["evaluate", run_id, "--runs", str(runs), "--samples", "48"]
    assert main([*words]) == 0
    usual = json.loads(path.read_text())
    assert USUAL <= set(usual) and usual["frechet"]["weights"] == "best"
    figures = {item.name for item in (runs / run_id / "figures").iterdir()}
    assert {"samples.png", "nearest.png", "training.png"} <= figures
    assert main([*words, "--metrics", "kid,cmmd"]) == 0
    both = json.loads(path.read_text())
    assert set(both) == {*usual, "kid", "cmmd"} and both["frechet"] == usual["frechet"]
    assert main([*words, "--metrics", "psnr"]) == 0
    pixels = json.loads(path.read_text())
    clipped, raw = pixels["psnr"], pixels["psnr_unclipped"]
    assert raw["samples"] == clipped["samples"] == 48
    assert abs(raw["value"] - clipped["value"]) < 0.01, "its sampler clips: only rounding is left"
    assert main([*words, "--metrics", "kid", "--split", "test"]) == 0
    turned = json.loads(path.read_text())["kid"]
    assert turned["reference_samples"] == 359 and "digits test" in turned["reference"]
    assert main([*words, "--metrics", "kid", "--weights", "raw"]) == 0
    assert set(json.loads(path.read_text())) == {"kid"}  # other weights draw other images


def test_images_of_a_sampler_that_does_not_clip_are_measured_as_it_leaves_them(tiny, tmp_path):
    runs, run_id = tiny
    copy = shutil.copytree(runs / run_id, tmp_path / "runs" / run_id)
    config = json.loads((copy / "config.json").read_text())
    config["sampling"]["clip"] = False
    (copy / "config.json").write_text(json.dumps(config))
    words = ["evaluate", run_id, "--runs", str(copy.parent), "--samples", "48"]
    assert main([*words, "--metrics", "psnr"]) == 0
    scores = json.loads((copy / "scores.json").read_text())
    clipped, raw = scores["psnr"], scores["psnr_unclipped"]
    assert raw["samples"] == clipped["samples"] == 48
    assert raw["value"] < clipped["value"] - 0.1, "barely trained, it leaves the range"


def test_a_run_against_other_data(tiny, place):
    runs, run_id = tiny
    words = ["evaluate", run_id, "--runs", str(runs), "--samples", "32", "--against", "noisy.npz"]
    assert main([*words, "--split", "all", "--metrics", "frechet,nearest"]) == 0
    scores = json.loads((runs / run_id / "scores.json").read_text())
    assert scores["frechet"]["reference_samples"] == 120
    trained = len(load("digits")) - round(0.1 * len(load("digits")))
    assert abs(scores["nearest_pixels"]["reference_samples"] - trained) < 10
