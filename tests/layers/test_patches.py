import numpy as np
import pytest

from layers import Patchify, Unpatchify
from layers.patches import depth_to_space, space_to_depth
from tests.checks import assert_close, check_layer

IMAGES = np.arange(2 * 4 * 6 * 3.0, dtype="float32").reshape(2, 4, 6, 3)


def test_folding_takes_squares_of_pixels():
    patches = np.asarray(space_to_depth(IMAGES, 2))
    assert_close(patches[1, 1, 2], IMAGES[1, 2:4, 4:6].reshape(-1), 0)
    assert_close(depth_to_space(patches, 2), IMAGES, 0)


def test_tokens_come_row_by_row_and_go_back():
    tokens = np.asarray(Patchify(2)(IMAGES))
    assert tokens.shape == (2, 6, 12)
    assert_close(tokens[1, 5], IMAGES[1, 2:4, 4:6].reshape(-1), 0)
    assert_close(tokens[0, 1], IMAGES[0, 0:2, 2:4].reshape(-1), 0)
    assert_close(Unpatchify(2, columns=3)(tokens), IMAGES, 0)


@pytest.mark.parametrize(
    "kind, arguments, inputs, shape",
    [
        (Patchify, {"patch_size": 2}, IMAGES, (2, 6, 12)),
        (Unpatchify, {"patch_size": 2, "columns": 3}, IMAGES.reshape(2, 6, 12), IMAGES.shape),
    ],
)
def test_layer_contract(kind, arguments, inputs, shape, tmp_path):
    check_layer(kind, arguments, inputs, output_shape=shape, tmp_path=tmp_path)


def test_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="patch_size=0"):
        Patchify(0)
    with pytest.raises(ValueError, match="Patches of 4 pixels must fit"):
        Patchify(4)(IMAGES)
    with pytest.raises(ValueError, match="columns=0"):
        Unpatchify(2, columns=0)
    with pytest.raises(ValueError, match="whole rows of 4 tokens"):
        Unpatchify(2, columns=4)(IMAGES.reshape(2, 6, 12))
