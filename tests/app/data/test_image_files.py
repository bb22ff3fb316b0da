import numpy as np
import pytest
from PIL import Image

from app.data.image_files import ImageFiles
from app.errors import UserError

GREY = np.random.default_rng(0).integers(0, 256, (30, 6, 5), "uint8")


def saved(folder, images):
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:03d}.png" for number in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        Image.fromarray(image).save(path)
    return paths


def test_files_are_sliced_like_an_array(tmp_path):
    done = []
    images, kept = ImageFiles.checked(saved(tmp_path, GREY), progress=done.append)
    array = GREY[..., None]
    assert images.shape == array.shape and len(images) == 30 and images.dtype == np.uint8
    assert kept.tolist() == list(range(30)) and done[-1] == 30
    rows = np.array([7, 3, 3, 29])
    for key in (slice(0, 4), slice(28, 99), slice(30, 40), rows, GREY[:, 0, 0] > 128):
        np.testing.assert_array_equal(images[key], array[key])
    np.testing.assert_array_equal(images.select(rows)[1:], array[rows][1:])


def test_grey_files_among_colour_ones_are_repeated(tmp_path):
    colour = np.stack([GREY[0], 255 - GREY[0], GREY[1]], -1)
    images, _ = ImageFiles.checked(saved(tmp_path, [GREY[0], colour]))
    assert images.shape == (2, 6, 5, 3)
    np.testing.assert_array_equal(images[:1][0], np.repeat(GREY[0][..., None], 3, -1))
    np.testing.assert_array_equal(images[1:][0], colour)


def test_the_digest_is_of_pixels_and_order_and_not_of_names(tmp_path):
    one, _ = ImageFiles.checked(saved(tmp_path / "a", GREY))
    two, _ = ImageFiles.checked(saved(tmp_path / "b", GREY))
    turned, _ = ImageFiles.checked(saved(tmp_path / "c", GREY[::-1]))
    assert one.digest == two.digest and len(one.digest) == 16
    digests = {one.digest, turned.digest, one.select(slice(5)).digest}
    assert len(digests) == 3


def test_a_truncated_file_is_named_or_skipped_when_asked(tmp_path):
    paths = saved(tmp_path, GREY)
    paths[11].write_bytes(paths[11].read_bytes()[:60])
    with pytest.raises(UserError) as refused:  # as `sample --images`, which has no such option
        ImageFiles.checked(paths)
    assert "011.png could not be read" in str(refused.value)
    assert "--skip-damaged" not in str(refused.value)
    with pytest.raises(UserError, match="011.png could not be read.*--skip-damaged"):
        ImageFiles.checked(paths, skip_damaged=False)
    images, kept = ImageFiles.checked(paths, skip_damaged=True)
    assert len(images) == 29 and 11 not in kept
    np.testing.assert_array_equal(images[11:12][0, ..., 0], GREY[12])


def test_mixed_sizes_and_sets_without_a_whole_file_are_refused(tmp_path):
    paths = saved(tmp_path, [GREY[0], GREY[1], GREY[2][:5]])
    for skip in (False, True):
        with pytest.raises(UserError, match="one size. .*000.png is 6x5, .*002.png is 5x5"):
            ImageFiles.checked(paths, skip)
    paths[0].write_bytes(b"text")
    with pytest.raises(UserError, match="None of the 1 images could be read"):
        ImageFiles.checked(paths[:1], skip_damaged=True)


def test_a_file_that_changes_in_between_is_told(tmp_path):
    paths = saved(tmp_path, GREY[:3])
    images, _ = ImageFiles.checked(paths)
    Image.fromarray(GREY[0][:4]).save(paths[1])
    with pytest.raises(UserError, match="001.png changed its size"):
        images[:]
    paths[1].unlink()
    with pytest.raises(UserError, match="001.png could not be read"):
        images[:]
