import numpy as np
from PIL import Image

from app.diffusion.schedules import cosine, linear
from app.reports.figures import schedule_figure, strip_figure


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
    schedule_figure({"linear": linear(10), "cosine": cosine(20)}, tmp_path / "schedule.png")
    assert pixels(tmp_path / "rgb.png").std() > 0
    assert pixels(tmp_path / "schedule.png").std() > 0
