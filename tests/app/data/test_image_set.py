import numpy as np
import pytest
from PIL import Image

from app.data import load
from app.data.image_set import ImageSet, class_numbers, open_data, open_images
from app.errors import UserError

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 6, 6), "uint8")
LABELS = np.arange(40) % 2


@pytest.fixture
def folder(tmp_path):
    """Two class folders of 20 images each."""
    for number, (image, label) in enumerate(zip(IMAGES, LABELS, strict=True)):
        path = tmp_path / "photos" / "ab"[label] / f"{number:03d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    return tmp_path / "photos"


def in_order():
    order = np.argsort(LABELS, kind="stable")
    return IMAGES[order][..., None], LABELS[order]


def test_a_folder_is_opened_whole_with_its_classes(folder):
    found = open_images(folder)
    images, labels = in_order()
    np.testing.assert_array_equal(found.images[:], images)
    np.testing.assert_array_equal(found.labels, labels)
    assert found.class_names == ("a", "b") and found.shape == (6, 6, 1)
    assert found.words == f"photos all, 40 images, digest {found.digest}"


@pytest.mark.parametrize("key", ["images", "arr_0", "x"])
@pytest.mark.parametrize("kind", ["uint8", "unit", "bytes as floats"])
def test_an_archive_is_opened_under_its_keys_and_types(tmp_path, key, kind):
    stored = {"uint8": IMAGES, "unit": IMAGES / 255, "bytes as floats": IMAGES.astype("f4")}[kind]
    np.savez(tmp_path / "some.npz", **{key: stored})
    found = open_images(tmp_path / "some.npz")
    np.testing.assert_array_equal(found.images, IMAGES[..., None])
    assert found.labels is None and found.name == "some"


def test_what_sample_left_in_parts_is_opened_as_one_set(tmp_path):
    for first in (20, 0):
        rows = slice(first, first + 20)
        part = {"images": IMAGES[rows], "labels": LABELS[rows], "seed": 0}
        np.savez(tmp_path / f"images-{first:06d}.npz", **part)
    Image.fromarray(IMAGES[0]).save(tmp_path / "grid.png")
    found = open_images(tmp_path)
    np.testing.assert_array_equal(found.images, IMAGES[..., None])
    np.testing.assert_array_equal(found.labels, LABELS)
    whole, none = open_data(tmp_path, split="all")
    np.testing.assert_array_equal(whole.images, found.images)
    kept, held_out = open_data(tmp_path)
    assert none is None and (len(kept), len(held_out)) == (32, 8)
    trained_on, test = load(tmp_path), load(tmp_path, split="test")
    np.testing.assert_array_equal(trained_on.images, kept.images)
    np.testing.assert_array_equal(test.labels, held_out.labels)
    assert load(tmp_path, split="all", flips=True).flips and not trained_on.flips
    np.savez(tmp_path / "images-000040.npz", images=IMAGES[:, :5], labels=LABELS)
    with pytest.raises(UserError, match="must belong together.*images-000040.npz is unlike"):
        open_images(tmp_path)
    np.savez(tmp_path / "images-000040.npz", images=IMAGES, labels=np.full(40, -1))
    with pytest.raises(UserError, match="all with labels or none.*Take it out of there"):
        open_images(tmp_path)


def test_a_sample_is_random_always_the_same_and_keeps_labels(folder, tmp_path):
    np.savez(tmp_path / "some.npz", images=IMAGES, labels=LABELS)
    for whole in (open_images(folder), open_images(tmp_path / "some.npz")):
        some = whole.sample(9)
        again = whole.sample(9)
        assert len(some) == 9 and some.digest == again.digest != whole.digest
        rows = [
            int(np.flatnonzero((whole.images[:] == i).all((1, 2, 3)))[0]) for i in some.images[:]
        ]
        assert len(set(rows)) == 9 and rows != list(range(9))
        np.testing.assert_array_equal(some.labels, whole.labels[rows])
        assert whole.sample(40) is whole
        with pytest.raises(UserError, match="41 images were asked for .*has 40"):
            whole.sample(41)


def test_a_folder_is_cut_as_load_cuts_it(folder):
    for split, other in (("train", "test"), ("test", "train")):
        reference, held_out = open_data(str(folder), split=split)
        for found, part in ((reference, split), (held_out, other)):
            expected = load(folder, split=part)
            np.testing.assert_array_equal(found.images[:], expected.images)
            np.testing.assert_array_equal(found.labels, expected.labels)
            assert found.split == part
    whole, nothing = open_data(str(folder), split="all")
    assert len(whole) == 40 and nothing is None


def test_official_parts_of_a_folder_and_named_sets(folder, tmp_path):
    (tmp_path / "both").mkdir()
    folder.rename(tmp_path / "both" / "train")
    (tmp_path / "both" / "test" / "a").mkdir(parents=True)
    (tmp_path / "both" / "test" / "b").mkdir()
    for name in "ab":
        Image.fromarray(IMAGES[0]).save(tmp_path / "both" / "test" / name / "1.png")
    reference, held_out = open_data(str(tmp_path / "both"), split="test")
    assert (len(reference), len(held_out)) == (2, 40)
    reference, held_out = open_data("digits")
    assert (len(reference), len(held_out)) == (1438, 359)
    assert reference.digest == load("digits").digest and reference.class_names[3] == "3"


def test_damaged_files_are_left_out_with_their_labels(folder):
    path = folder / "a" / "004.png"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(UserError, match="004.png could not be read"):
        open_images(folder)
    found = open_images(folder, skip_damaged=True)
    assert found.skipped == (str(path),)
    assert len(found) == 39 and found.labels.tolist() == [0] * 19 + [1] * 20


def test_a_large_data_set_is_cut():
    whole = load("digits")
    first = ImageSet.of(whole, most=50)
    np.testing.assert_array_equal(first.images, whole.images[:50])
    assert ImageSet.of(whole, most=5000).digest == whole.digest


@pytest.mark.parametrize(
    "names, wanted, numbers",
    [
        ("ba", "abc", [1, 0]),
        (["0", "1", "2"], ["cat", "dog", "ship"], [0, 1, 2]),
        (["7", "3"], [str(digit) for digit in range(10)], [7, 3]),
        (["0", "1", "2"], ["cat", "dog"], None),
        ("ad", "abc", None),
        ("", "abc", None),
        ("ab", "", None),
    ],
)
def test_classes_are_found_by_name_or_by_number(names, wanted, numbers):
    found = class_numbers(tuple(names), tuple(wanted))
    assert (None if found is None else found.tolist()) == numbers
