import numpy as np
from PIL import Image

from app.reports.evaluation_figures import (
    captioned_figure,
    neighbours_figure,
    similarity_figure,
)


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def test_neighbours_stand_to_the_right_of_their_image(tmp_path):
    """Red generated images, green neighbours; the first row is darker than the second."""
    images = np.zeros((2, 8, 8, 3), "uint8")
    images[:, ..., 0] = np.array([100, 200])[:, None, None]
    neighbours = np.zeros((2, 3, 8, 8, 3), "uint8")
    neighbours[..., 1] = np.array([100, 200])[:, None, None, None]
    neighbours_figure(images, neighbours, tmp_path / "n.png")
    picture = pixels(tmp_path / "n.png")

    def places(wanted):
        rows, columns = np.nonzero((picture == wanted).all(-1))
        return rows.mean(), columns.mean(), len(rows)

    dark, light = places((100, 0, 0)), places((200, 0, 0))
    green, bright = places((0, 100, 0)), places((0, 200, 0))
    assert dark[0] < light[0] and green[0] < bright[0]
    assert abs(dark[0] - green[0]) < 12 and abs(light[0] - bright[0]) < 12
    assert dark[1] < green[1]
    assert 2 < green[2] / dark[2] < 4


def test_captioned_images_stand_in_their_order_row_by_row(tmp_path):
    """Image k is of red k: its centre lies in row k // 4, column k % 4."""
    images = np.zeros((10, 8, 8, 3), "uint8")
    images[..., 0] = (20 * np.arange(1, 11))[:, None, None]
    captions = [f"class {index}" for index in range(10)]
    captioned_figure(images, captions, tmp_path / "c.png", columns=4)
    picture = pixels(tmp_path / "c.png")
    for index in range(10):
        rows, columns = np.nonzero((picture == (20 * (index + 1), 0, 0)).all(-1))
        assert len(rows) > 1000
        assert rows.mean() // (picture.shape[0] / 3) == index // 4
        assert columns.mean() // (picture.shape[1] / 4) == index % 4


def test_the_diagonal_of_similarities_is_brightest(tmp_path):
    similarity_figure(
        np.eye(3) * 0.5 + 0.1, list("abc"), ["a cat", "a dog", "a ship"], tmp_path / "s.png"
    )
    picture = pixels(tmp_path / "s.png")
    yellow = (abs(picture - [253, 231, 37]).sum(-1) < 30).sum()
    violet = (abs(picture - [68, 1, 84]).sum(-1) < 30).sum()
    assert 1.5 < violet / yellow < 2.5  # six cells against three
    table = np.full((2, 2), np.nan)
    table[0] = 0.3, 0.1
    similarity_figure(table, ["a", "none"], ["x", "y"], tmp_path / "gap.png")
    assert pixels(tmp_path / "gap.png").std() > 0
