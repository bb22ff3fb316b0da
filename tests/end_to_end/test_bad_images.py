"""`evaluate` on images that cannot be measured: each refused in a sentence, before any pass."""

import numpy as np
import pytest

from app.metrics.features import Pixels
from tests.end_to_end.conftest import make_run
from tests.end_to_end.images import counted, evaluated, noisy, saved


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
    (archive(images=GREY), ["--against", "fashion_mnist"], r"copy of 'fashion_mnist' was looked"),
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
    monkeypatch.setattr(
        "app.measuring.measure_run.draw_parts", lambda *parts: pytest.fail("drawing began")
    )
    words = ["evaluate", folder.name, "--samples", "16"]
    refused([*words, "--metrics", "ssim"], r"'ssim' cannot be computed.*11x11")
    refused([*words, "--split", "all"], r"against its train or its test images.*--split all")
    np.savez(place / "large.npz", images=np.repeat(GREY, 2, 1))
    refused([*words, "--against", "large.npz", "--metrics", "psnr"], r"8x8x1, the real ones 16x8x1")
