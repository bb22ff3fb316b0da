import numpy as np
from PIL import Image

from app.diffusion.schedules import cosine, karras, linear
from app.reports.figures import schedule_figure, strip_figure, training_curves


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("L"))


def test_strips_keep_their_rows_and_columns(tmp_path):
    """Left column black, right column white: so is the picture."""
    strip = np.zeros((4, 3, 8, 8, 1), "uint8")
    strip[:, 2] = 255
    strip_figure(strip, np.array([1.0, 0.5, 0.0]), tmp_path / "strip.png")
    picture = pixels(tmp_path / "strip.png")
    height, width = picture.shape
    inside = picture[height // 4 : height // 2]
    assert inside[:, width // 5].max() == 0 and inside[:, width // 2].max() == 0
    assert inside[:, width * 4 // 5].max() == 255


def test_colour_strips_and_schedules_are_drawn(tmp_path):
    strip_figure(np.full((1, 5, 8, 8, 3), 9, "uint8"), np.linspace(0, 1, 5), tmp_path / "rgb.png")
    schedule_figure(
        {"linear": linear(10), "cosine": cosine(20), "karras": karras(5)}, tmp_path / "schedule.png"
    )
    assert pixels(tmp_path / "rgb.png").std() > 0
    assert pixels(tmp_path / "schedule.png").std() > 0


def test_every_metric_has_a_panel(tmp_path):
    rows = [{"step": step, "loss": 1 / (step + 1), "val_loss": 1.0} for step in range(5)]
    training_curves(rows, tmp_path / "one.png")
    rows[2]["fmd"], rows[4]["accuracy"], rows[4]["kid"] = 30.0, 0.5, -0.1
    training_curves(rows, tmp_path / "four.png")
    one, four = pixels(tmp_path / "one.png"), pixels(tmp_path / "four.png")
    assert four.shape[0] > 1.8 * one.shape[0] and four.shape[1] > 2.8 * one.shape[1]
