import numpy as np
import pytest
from PIL import Image

from app.data.inputs import open_inputs, open_mask
from app.data.sources import load
from app.errors import UserError

GREY = np.arange(3 * 36, dtype="uint8").reshape(3, 6, 6, 1)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("grey.npz", images=GREY, labels=np.array([2, 0, 1]))
    Image.fromarray(GREY[1, ..., 0]).save("one.png")
    Image.fromarray(np.full((6, 6, 3), 9, "uint8")).save("colour.png")
    half = np.zeros((6, 6), "uint8")
    half[3:] = 255
    Image.fromarray(half).save("half.png")
    np.savez("half.npz", mask=half // 255)
    np.savez("many.npz", mask=half)
    Image.fromarray(0 * half).save("nothing.png")
    return tmp_path


def test_images_of_files_archives_and_data_sets(place):
    images, labels = open_inputs("grey.npz:2,0", (6, 6, 1))
    np.testing.assert_array_equal(images, GREY[[2, 0]])
    assert labels.tolist() == [1, 2]
    images, labels = open_inputs("one.png", (6, 6, 1))
    np.testing.assert_array_equal(images, GREY[1:2])
    assert labels is None
    images, labels = open_inputs("digits:0,4", (8, 8, 1))
    test = load("digits", split="test")
    np.testing.assert_array_equal(images, test.images[[0, 4]])
    assert labels.tolist() == test.labels[[0, 4]].tolist()
    assert open_inputs("one.png", (6, 6, 3))[0].shape == (1, 6, 6, 3), "grey for a colour model"


@pytest.mark.parametrize("text", ["3,0,3,6", "half.png", "half.npz"])
def test_masks_of_boxes_and_files(place, text):
    mask = open_mask(text, (6, 6, 1))
    assert mask.shape == (6, 6, 1) and mask.dtype == bool
    np.testing.assert_array_equal(mask[..., 0], np.arange(6)[:, None] >= 3 + np.zeros(6))


@pytest.mark.parametrize(
    ("opened", "message"),
    [
        (lambda: open_inputs("grey.npz", (8, 8, 1)), "of 8x8 pixels, grey.*: 6x6 pixels, grey"),
        (lambda: open_inputs("colour.png", (6, 6, 1)), "grey. Received from colour.png.*colour"),
        (lambda: open_inputs("grey.npz:3", (6, 6, 1)), "from 0 to 2. Received: 3"),
        (lambda: open_inputs("none.png", (6, 6, 1)), "expected at none.png"),
        (lambda: open_inputs("nothing-here", (6, 6, 1)), "No data set"),
        (lambda: open_inputs("mnist-5k", (28, 28, 1)), "2000 images, and 1000 at a time"),
        (lambda: open_mask("0,0,7,1", (6, 6, 1)), "must lie in images of 6x6"),
        (lambda: open_mask("0,0,0,1", (6, 6, 1)), "hides nothing"),
        (lambda: open_mask("nothing.png", (6, 6, 1)), "hides nothing"),
        (lambda: open_mask("half.png", (8, 8, 1)), "8x8. Received: 6x6"),
        (lambda: open_mask("nowhere.png", (6, 6, 1)), "is none of them"),
        (lambda: open_mask("grey.npz", (6, 6, 1)), "must hold `mask`"),
        (lambda: open_mask("many.npz", (6, 6, 1)), "bool, or 0 and 1"),
    ],
)
def test_what_does_not_fit_is_refused(place, opened, message):
    with pytest.raises(UserError, match=message):
        opened()
