from dataclasses import replace

import pytest

from app.metrics.features import DigitFeatures, Pixels
from app.metrics.plan import Plan


class Encoder(Pixels):
    def embed_text(self, texts):
        return texts


SHAPE = (8, 8, 1)
PLAN = Plan(100, SHAPE, Pixels(SHAPE), 500, SHAPE)

CASES = [
    ("kid", {"reference_shape": None}, "needs real images.* only statistics"),
    ("nearest", {"reference_shape": None}, "needs real images"),
    ("kid", {"count": 1}, "needs 2 images or more, and there are 1 to measure and 500"),
    ("precision_recall", {"reference_count": 4}, "needs 5 images or more.* 4 real ones"),
    ("frechet_infinity", {"count": 7}, "needs 8 images"),
    ("psnr", {"shape": (9, 8, 1)}, "images are 9x8x1, the real ones 8x8x1"),
    ("nearest", {"shape": (9, 8, 1)}, "images are 9x8x1, the real ones 8x8x1"),
    ("ssim", {}, "windows of 11x11 pixels, and the images are 8x8"),
    ("inception_score", {}, "needs a classifier, which the extractor 'pixels' is not"),
    ("class_accuracy", {"labelled": True}, "needs a classifier"),
    ("class_accuracy", {"extractor": DigitFeatures()}, "no labels are known"),
    ("image_text", {"prompts": ["a"]}, "needs an image-text encoder"),
    ("image_text", {"extractor": Encoder(SHAPE)}, "needs one text a class"),
    ("fjd", {}, "No metric is called 'fjd'. Choose from: frechet, fid"),
    ("", {}, "No metric is called ''"),
]


@pytest.mark.parametrize("metric, changes, reason", CASES)
def test_what_cannot_be_computed_is_said(metric, changes, reason):
    plan = replace(PLAN, **changes)
    with pytest.raises(ValueError, match=reason):
        plan.chosen(["frechet", metric])
    assert metric not in plan.chosen()


def test_the_same_metrics_where_nothing_is_in_their_way():
    large = (32, 32, 3)
    changes = {"shape": large, "reference_shape": large, "labelled": True, "prompts": ["a"]}
    judge = DigitFeatures()
    judge.embed_text = str
    plan = replace(PLAN, extractor=judge, **changes)
    asked = [metric for metric, _, _ in CASES[:-2]]
    assert plan.chosen(asked) == list(dict.fromkeys(asked))
    assert plan.chosen() == ["frechet", "precision_recall", "nearest", "class_accuracy"]


def test_a_generators_own_training_images_count_for_memorisation_only():
    plan = replace(PLAN, reference_shape=(16, 16, 1), training_shape=SHAPE)
    assert plan.chosen(["nearest"]) == ["nearest"]
    with pytest.raises(ValueError, match="'psnr' cannot be computed"):
        plan.chosen(["psnr"])
