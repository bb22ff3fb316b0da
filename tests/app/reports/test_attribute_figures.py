import numpy as np
from PIL import Image

from app.metrics.score import Score
from app.reports.attribute_figures import (
    attribute_rows_figure,
    control_figure,
    with_and_without_figure,
)


def test_rows_show_the_images_in_their_order(tmp_path):
    images = np.zeros((2, 12, 28, 28, 1), "uint8")
    images[1] = 255  # the second row is white, the first black
    attribute_rows_figure(images, ("thick", "has_hole,two_holes"), tmp_path / "rows.png")
    picture = np.asarray(Image.open(tmp_path / "rows.png").convert("L")).astype(int)
    middle = picture[:, picture.shape[1] * 2 // 3]
    dark, light = np.flatnonzero(middle < 10), np.flatnonzero(middle > 245)
    assert len(dark) > 30 and dark.mean() < light[light > dark.min()].mean()


def test_unasked_is_left_and_asked_right(tmp_path):
    unasked, asked = np.zeros((20, 28, 28, 1), "uint8"), np.full((20, 28, 28, 1), 200, "uint8")
    verdicts = {"asked": np.ones(20, bool), "unasked": np.zeros(20, bool)}
    for given in (verdicts, None):
        with_and_without_figure(asked, unasked, "thick", given, tmp_path / "pair.png")
        picture = np.asarray(Image.open(tmp_path / "pair.png").convert("L")).astype(int)
        half = picture.shape[1] // 2
        assert (picture[:, :half] < 10).mean() > 3 * (picture[:, half:] < 10).mean()
        assert (picture[:, half:] == 200).mean() > 0.2 > (picture[:, :half] == 200).mean()


def test_bars_are_as_long_as_the_shares(tmp_path):
    def pair(name, asked, unasked, floor):
        return {
            name: Score(name, asked, 50, None, (asked, asked)),
            f"{name}_unasked": Score(f"{name}_unasked", unasked, 50, floor, (unasked, unasked)),
        }

    def blue(scores):
        control_figure(scores, tmp_path / "bars.png")
        picture = np.asarray(Image.open(tmp_path / "bars.png").convert("RGB")).astype(int)
        near = np.abs(picture - (31, 119, 180)).sum(-1) < 30  # matplotlib's first colour
        return near.any(0).sum()

    long, short = (
        blue(pair("attribute_thick", 0.8, 0.1, None)),
        blue(pair("attribute_thick", 0.4, 0.1, 0.3)),
    )
    assert 1.7 < long / short < 2.3
