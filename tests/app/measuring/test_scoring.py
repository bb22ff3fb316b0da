"""Numbers of an epoch, of pixels: real images have distance 0, black ones their own moments."""

import contextlib
from dataclasses import replace

import numpy as np
import pytest

from app.build.data import build_data
from app.config import Data, Evaluation, Watching
from app.measuring.scoring import EpochScores
from app.recipes import RECIPES

RECIPE = replace(
    RECIPES["digits"], data=Data(name="digits"), evaluation=Evaluation(extractor="pixels")
)


class Average:
    """Puts black images in place of real ones."""

    def __init__(self, ready=True):
        self.ready, self.inside = ready, False

    @contextlib.contextmanager
    def swapped(self, model):
        self.inside = True
        yield model
        self.inside = False


def scores(watching, averages, best=None, beyond=0.0):
    recipe = replace(RECIPE, watching=watching)
    images = build_data(recipe)
    real = images.train.images[: watching.score_samples]

    def draw(model, count):
        assert count == watching.score_samples
        black = any(average.inside for average in averages.values())
        drawn = np.zeros_like(real) if black else real
        return drawn - beyond * (drawn == 0) if beyond else drawn

    return EpochScores(recipe, images, averages, best, draw)(model=None), real


WATCHING = Watching(score_every=1, score_samples=200, score_real=200)


def test_the_distance_is_that_of_the_best_weights():
    found, real = scores(WATCHING, {})
    assert list(found) == ["fmd"] and found["fmd"] == pytest.approx(0.0, abs=1e-4)
    ema = Average()
    found, real = scores(WATCHING, {"ema": ema}, ema)
    # Black images have no spread: the distance is |mean|^2 + trace of the covariance, of the
    # features of pixels, in [0, 1].
    rows = real.reshape(len(real), -1) / 255.0
    expected = (rows.mean(0) ** 2).sum() + rows.var(0, ddof=1).sum()
    assert found == {"fmd": pytest.approx(expected, rel=1e-4)}


def test_all_weights_stand_side_by_side_as_far_as_there_are_averages():
    watching = replace(WATCHING, score_weights="all", score_metrics=("mmd", "mmd@pixels"))
    ema, swa = Average(), Average(ready=False)
    found, _ = scores(watching, {"ema": ema, "swa": swa}, ema)
    assert sorted(found) == sorted(
        ["fmd"] + [f"{m}_{w}" for m in ("fmd", "mmd", "mmd_pixels") for w in ("raw", "ema")]
    )
    assert found["fmd"] == found["fmd_ema"] > found["fmd_raw"]
    assert found["mmd_raw"] == found["mmd_pixels_raw"] < found["mmd_ema"]


def test_pixels_that_leave_the_range_are_told_apart():
    watching = replace(WATCHING, score_metrics=("psnr",))
    clipped, _ = scores(watching, {}, beyond=0.0)
    raw, _ = scores(watching, {}, beyond=1000.0)
    assert "psnr_unclipped" not in clipped
    assert raw.pop("psnr_unclipped") < 0 < raw["psnr"]


def test_the_reports_distance_is_0_for_real_and_1_for_black_images():
    watching = replace(WATCHING, score_split="test", score_samples=32, score_metrics=("fmd_15",))
    ema = Average()
    black, _ = scores(watching, {"ema": ema}, ema)
    assert black["fmd_normalized"] == pytest.approx(1.0, abs=1e-3)
    real, _ = scores(watching, {})
    assert abs(real["fmd_normalized"]) < 0.3  # 32 images of the training part, against the test's


def test_a_metric_that_cannot_be_computed_is_refused_before_training():
    with pytest.raises(ValueError, match="'ssim' cannot be computed: it looks through windows"):
        scores(replace(WATCHING, score_metrics=("ssim",)), {})
