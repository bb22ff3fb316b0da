"""The same row of pictures by epoch."""

import numpy as np
from PIL import Image

from app.reports import progression
from callbacks.image_grid import grid, write_png


def test_each_epoch_has_the_first_row_of_its_grid(tmp_path, monkeypatch):
    """Epoch e is of grey level e: so are the rows of the picture, and nothing of second rows."""
    drawn = []
    monkeypatch.setattr(progression, "save", lambda figure, path: drawn.append(figure))
    files = []
    for epoch in range(1, 41):
        images = np.full((6, 8, 8, 3), epoch, "uint8")
        images[3:] = 255
        files.append(tmp_path / f"epoch-{epoch:04d}.png")
        write_png(files[-1], grid(images, columns=3))
    progression.progression_figure(files, 8, tmp_path / "progression.png")
    (axes,) = drawn[0].axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert len(labels) == 12 and (labels[0], labels[-1]) == ("epoch 1", "epoch 40")
    picture = axes.images[0].get_array()
    assert picture.shape == (12 * 10, 28, 3) and picture.max() == 40
    levels = [int(picture[int(place)].max()) for place in axes.get_yticks()]
    assert [f"epoch {level}" for level in levels] == labels


def test_one_epoch_makes_a_picture(tmp_path):
    write_png(tmp_path / "epoch-0003.png", grid(np.full((2, 8, 8, 1), 99, "uint8")))
    progression.progression_figure([tmp_path / "epoch-0003.png"], 8, tmp_path / "one.png")
    with Image.open(tmp_path / "one.png") as image:
        assert np.asarray(image).std() > 0
