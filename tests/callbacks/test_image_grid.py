import numpy as np
import pytest
from PIL import Image

from callbacks import grid, write_png


def test_rows_columns_gaps_and_empty_places():
    images = np.arange(1, 6, dtype="uint8")[:, None, None, None] * np.ones((1, 1, 2, 1), "uint8")
    expected = [[1, 1, 0, 2, 2, 0, 3, 3], [0] * 8, [4, 4, 0, 5, 5, 0, 0, 0]]
    np.testing.assert_array_equal(grid(images, columns=3, gap=1)[..., 0], expected)
    assert grid(images).shape == (2 * 1 + 2, 3 * 2 + 2 * 2, 1)
    np.testing.assert_array_equal(
        grid(images, columns=5, gap=0)[0, :, 0], np.repeat(range(1, 6), 2)
    )


def test_colour_goes_through_a_file(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (4, 5, 3, 3)).astype("uint8")
    picture = grid(images, columns=2)
    write_png(tmp_path / "new/picture.png", picture)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "new/picture.png")), picture)


@pytest.mark.parametrize("shape", [(0, 4, 4, 1), (2, 4, 4), (2, 4, 4, 2)])
def test_errors_are_sentences(shape):
    with pytest.raises(ValueError, match="Expected .* Received"):
        grid(np.zeros(shape, "uint8"))
    with pytest.raises(ValueError, match="Expected uint8 images"):
        grid(np.zeros((1, 2, 2, 1), "float32"))
